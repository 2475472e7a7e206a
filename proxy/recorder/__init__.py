"""The recorder: tap streams in, durable events out, COMMITTED back.

One per host. Frames of every wire go through an ``Assembly`` (connections →
exchanges → pipeline → events in a decided order), whose output the
``Committer`` puts into the journal in groups, on a thread, one commit under way
while the next collects. Only what is on disk is acknowledged, so a recorder that
dies loses nothing: the wires send again what was not, and ``progress`` in the
journal says which bytes of a connection are covered by events already.

Invariants:

* bytes seen = bytes of exchanges + bytes of gaps, per connection and direction;
  an exchange covers everything from the end of the one before it;
* an exchange is recorded once, however often its frames are sent;
* exchanges of one connection are recorded in order;
* an exchange whose attribution could still change waits until every wire's
  watermark has passed its first byte, or for a bounded time;
* memory is bounded: what waits, what is half read and what is not yet committed
  each have a limit; beyond the last the wires are no longer read.

Failure modes: a fault in a connection costs that connection (a gap), a broken
stream costs nothing (the wire comes back), a wire that is gone leaves a
WIRE_LOST gap, a journal that cannot write is tried again while the wires keep
their frames. After an unclean stop a gap covers the time from the last heartbeat
to the start, although wires that lived on have sent everything again.
"""

from proxy.recorder.limits import Limits
from proxy.recorder.server import Recorder
from proxy.recorder.settings import RecorderSettings

__all__ = ["Limits", "Recorder", "RecorderSettings"]
