"""The shipper: moves the journal into the store, at least once, no duplicates.

How a batch goes, in this order, each step durable before the next begins:

1. A batch is a run [first, last] of one epoch. Its bounds are written to the
   cursor file; from then on it is never formed differently.
2. Its rows go to the store table by table, each insert under the token
   ``node:epoch:table:first-last``. The store drops a token it has seen,
   *whatever the rows*: so a token always names the same rows, which holds
   because the journal never changes and bounds are never re-formed.
3. The cursor moves behind the batch.

After a stop between 1 and 3, or a send whose outcome is unknown, the rows of
the range are counted in the store before anything is sent again. Every few
seconds the rows acknowledged since the last time are counted as well; only
what was counted lets the journal unlink a segment. If the store stays short,
that range is shipped once more, looking first which rows it has.

Failure modes: a store that is away is tried again for ever, with growing
pauses, while the journal holds the entries. Rows it refuses are found by
halving, kept in ``rejected/`` with the reason, and the rest goes on; so do
entries the journal cannot read back. A lost or damaged cursor costs a count
per range, no row and no duplicate. A store that holds more rows than were sent
is reported, never repaired. Not covered: an insert over the border of two
months that the store did halfway, tried again after more inserts than its
deduplication window holds.
"""

from proxy.shipper.model import Outcome, ShipperBusy, ShipperSettings, StepResult
from proxy.shipper.shipper import Shipper

__all__ = ["Outcome", "Shipper", "ShipperBusy", "ShipperSettings", "StepResult"]
