"""The end of the evidence: rows are erased when their time is over, unless held.

* A row's time begins with its seal: a seal's rows of one table are erased
  together. Rows of a node that seals nothing go by their own time.
* Tables have their own periods (``policy``), so a seal loses its rows table by
  table. With the first its seed goes, too, and leaves and salts take its place
  (``proxy.evidence.kept``): what stays can be verified until the last row is gone.
* Rows under a legal hold (``holds``) stay; after its release the next run erases
  them. Holds are rows that are only appended.
* Erased is erased: the engine rewrites the parts, and the run counts that none is
  left. What cannot be verified any more is not erased but told.

``run`` decides and does; ``seals`` makes what stays of a seal; ``held`` and ``due``
are the statements.
"""
