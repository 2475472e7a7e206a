"""Whosaw: which employee saw which client's data, when, and which data?

Words, used everywhere and without synonyms:

* wire: the process that relays bytes between browser and application; it knows
  no HTTP.
* tap: the copy of those bytes, both directions, as a stream of frames.
* exchange: one HTTP request with its response (RFC 9110).
* actor: the account an exchange is attributed to, with scheme and strength.
* subject: the client whose record was shown; kept as a keyed pseudonym.
* view: one subject shown in one exchange; the row everything is about.
* gap: something that was not recorded, and why.
* journal: the durable queue on the sidecar's own disk.
* shipper: moves the journal into the store, at least once, without duplicates.
* store: ClickHouse, or the embedded one over chDB.
* seal: a signed digest over a run of journal entries.
* hold: what keeps rows beyond the end of their time, who said so and why.
* rule set: the description of one application: logins and records.

Imports run one way (held by import-linter)::

    dashboards > cli > deploy > doctor > app > transparent > escrow, quarantine
      > asking > capture > beats, bypass, untold > deposit > addons, config, keys
      > retention, reports, exports, ldv
      > admin, recorder, shipper, sealing, verification, reconciling, detections
      > journal, store, taplink, telemetry > clock, key_pair, status > private_file,
      ownership
      > pipeline, reprocessing > context_files, crosswalk, pairing, redaction,
        shadow, views > subject_ids
      > ruleset, pseudonym, recovery > connection_context
      > attribution, extraction, pairs > csv_lines, har
      > exchange, events, tapstream, evidence > tapgate, whole_lines > document > errors

Everything from ``pipeline`` down is pure: bytes, values and ``now`` in, values
out. Above it stand the edges: socket, disk, clock, process.
"""

__version__ = "0.1.0"
