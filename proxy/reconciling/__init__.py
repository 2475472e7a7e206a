"""Does it add up? What was seen, what was recorded, and what others logged.

``account`` asks the store: bytes seen by the wires = bytes of exchanges + bytes of
gaps, per connection and direction; sequence numbers without a hole or a double;
nodes that said nothing. ``access_log`` and ``matching`` are pure: lines of a web
server's or load balancer's own log against the exchanges of the same time, because
own counts alone prove little.
"""

from proxy.reconciling.account import Balance, Difference, balance
from proxy.reconciling.matching import Matching, Passed, match

__all__ = ["Balance", "Difference", "Matching", "Passed", "balance", "match"]
