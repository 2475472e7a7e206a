"""The wire's side of the tap stream: an edge that never slows the relay.

``TapLink`` is the ``TapSource`` a wire gives its layers. It connects to the
recorder's unix socket and reconnects for ever, sends what the taps see once per
loop iteration, keeps every byte until the recorder says it is on disk, and
sends the kept ones again to a recorder it has connected to anew.

Failure modes, all bounded by ``Limits`` and all told to the recorder:

* recorder slow: ``pace()`` asks for patience; past the hard bound the largest
  connections are shed *whole* and a LOST frame says since when and from where;
* recorder absent: frames are kept to the cap, then connections are lost;
* a message too large to keep: sent on, but lost if the recorder changes now;
* more connections than can be tracked: counted together and told by MISSED.

Whatever is lost, the totals in END (or MISSED) are exact: bytes seen are bytes
of exchanges plus bytes of gaps.
"""

from proxy.taplink.limits import Counters, GateLimits, Limits
from proxy.taplink.link import TapLink

__all__ = ["Counters", "GateLimits", "Limits", "TapLink"]
