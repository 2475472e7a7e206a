-- The four tables of the evidence: what passed, who was shown whom, who logged in,
-- and what was not recorded.
--
-- Plain MergeTree: a row of evidence is never replaced. Inserts carry a token;
-- the window of 10,000 remembered blocks outlives any resend: twenty sidecars that
-- each send four batches a second over two partitions fill it in a minute, and a
-- resend follows its first try within a timeout of 30 s. An acknowledged insert is
-- on disk (fsync_*).
--
-- Views stand in the order of the account and time: then the rows of one session are
-- neighbours and all that says how a name is founded costs next to nothing. The other
-- access path is a projection that holds only where the rows of a subject are
-- (_part_offset), 8 bytes a view instead of a second copy of 28. See ADR 14.

CREATE TABLE IF NOT EXISTS exchanges
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire' CODEC(T64, ZSTD(1)),
    request_offset UInt64 COMMENT 'Offset of the request on that connection; with wire and connection the identity of the exchange' CODEC(T64, ZSTD(1)),
    started_at DateTime64(9, 'UTC') COMMENT 'First request byte' CODEC(Delta(8), ZSTD(1)),
    ended_at DateTime64(9, 'UTC') COMMENT 'Last response byte, or the last byte seen when cut' CODEC(Delta(8), ZSTD(1)),
    monotonic_ns Int64 COMMENT 'First request byte on CLOCK_MONOTONIC of the node: orders its exchanges when the clock jumps' CODEC(Delta(8), ZSTD(1)),
    method LowCardinality(String) COMMENT 'HTTP method' CODEC(ZSTD(1)),
    path LowCardinality(String) COMMENT 'Path template, free of session keys; {} for a segment that had a digit' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'Record rule that claimed it, or empty' CODEC(ZSTD(1)),
    status UInt16 COMMENT 'HTTP status; 0 when no response came' CODEC(ZSTD(1)),
    request_bytes UInt64 COMMENT 'Bytes of the request on the wire' CODEC(T64, ZSTD(1)),
    response_bytes UInt64 COMMENT 'Bytes of the response on the wire' CODEC(T64, ZSTD(1)),
    content_type LowCardinality(String) COMMENT 'Media type of the response' CODEC(ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Address of the peer that asked' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'Canonical name of the account; empty when not known' CODEC(ZSTD(1)),
    actor_on_wire LowCardinality(String) COMMENT 'The name as it was on the wire' CODEC(ZSTD(1)),
    actor_scheme LowCardinality(String) COMMENT 'The login of the rule set that applied' CODEC(ZSTD(1)),
    actor_strength Enum8('verified' = 1, 'confirmed' = 2, 'asserted' = 3, 'inferred' = 4, 'none' = 5) COMMENT 'How well the name is founded, strongest first' CODEC(ZSTD(1)),
    actor_reason LowCardinality(String) COMMENT 'Why there is no name; empty when there is one' CODEC(ZSTD(1)),
    actor_binding String COMMENT 'Binding the name rests on: wire-connection-offset, hex' CODEC(ZSTD(1)),
    actor_session String COMMENT 'Keyed digest of the session key, hex; empty without a session' CODEC(ZSTD(1)),
    extraction Enum8('recorded' = 1, 'partial' = 2, 'nothing_expected' = 3, 'unmapped' = 4, 'failed' = 5, 'truncated' = 6, 'opaque' = 7) COMMENT 'What became of the question which records it showed' CODEC(ZSTD(1)),
    extraction_reason LowCardinality(String) COMMENT 'Why, when not everything was read' CODEC(ZSTD(1)),
    views UInt32 COMMENT 'Number of views recorded of it' CODEC(T64, ZSTD(1)),
    ruleset LowCardinality(String) COMMENT 'First 16 hex digits of the SHA-256 of the rule set' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (application, started_at, seq)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'One row per HTTP exchange, always';

CREATE TABLE IF NOT EXISTS views
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(Delta(8), ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire' CODEC(Delta(8), ZSTD(1)),
    request_offset UInt64 COMMENT 'Offset of the request on that connection; with wire and connection the identity of the exchange' CODEC(Delta(8), ZSTD(1)),
    started_at DateTime64(9, 'UTC') COMMENT 'First byte of the request that asked for it' CODEC(Delta(8), ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Address of the peer that asked' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'Canonical name of the account; empty when not known' CODEC(ZSTD(1)),
    actor_on_wire LowCardinality(String) COMMENT 'The name as it was on the wire' CODEC(ZSTD(1)),
    actor_scheme LowCardinality(String) COMMENT 'The login of the rule set that applied' CODEC(ZSTD(1)),
    actor_strength Enum8('verified' = 1, 'confirmed' = 2, 'asserted' = 3, 'inferred' = 4, 'none' = 5) COMMENT 'How well the name is founded, strongest first' CODEC(ZSTD(1)),
    actor_reason LowCardinality(String) COMMENT 'Why there is no name; empty when there is one' CODEC(ZSTD(1)),
    actor_binding String COMMENT 'Binding the name rests on: wire-connection-offset, hex' CODEC(ZSTD(1)),
    actor_session String COMMENT 'Keyed digest of the session key, hex; empty without a session' CODEC(ZSTD(1)),
    subject_type LowCardinality(String) COMMENT 'Kind of subject, as the rule set names it' CODEC(ZSTD(1)),
    subject FixedString(16) COMMENT 'Keyed pseudonym of the subject' CODEC(ZSTD(1)),
    subject_key UInt32 COMMENT 'Id of the key of that pseudonym' CODEC(ZSTD(1)),
    action Enum8('view' = 1, 'list' = 2, 'search' = 3, 'export' = 4, 'print' = 5, 'mention' = 6, 'create' = 7, 'update' = 8, 'delete' = 9) COMMENT 'What was done with the record' CODEC(ZSTD(1)),
    rule LowCardinality(String) COMMENT 'Record rule that found it' CODEC(ZSTD(1)),
    categories Array(LowCardinality(String)) COMMENT 'Data categories that were really on the page' CODEC(ZSTD(1)),
    position UInt32 COMMENT '0-based place in a list; 0 for a page about one subject' CODEC(Delta(4), ZSTD(1)),
    ruleset LowCardinality(String) COMMENT 'First 16 hex digits of the SHA-256 of the rule set' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1,
    INDEX by_session actor_session TYPE bloom_filter(0.01) GRANULARITY 1,
    PROJECTION by_subject (SELECT _part_offset ORDER BY subject)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (actor, started_at, seq)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1, deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'One row per subject shown in an exchange';

CREATE TABLE IF NOT EXISTS sessions
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire' CODEC(T64, ZSTD(1)),
    request_offset UInt64 COMMENT 'Offset of the request on that connection; with wire and connection the identity of the exchange' CODEC(T64, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When it took effect: last byte of the response that confirmed it' CODEC(Delta(8), ZSTD(1)),
    monotonic_ns Int64 COMMENT 'The same on CLOCK_MONOTONIC of the node' CODEC(Delta(8), ZSTD(1)),
    kind LowCardinality(String) COMMENT 'What happened to the session: logged_in, login_failed, rotated, logged_out, ended, confirmed, conflict' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'Canonical name of the account; empty when not known' CODEC(ZSTD(1)),
    actor_on_wire LowCardinality(String) COMMENT 'The name as it was on the wire' CODEC(ZSTD(1)),
    actor_scheme LowCardinality(String) COMMENT 'The login of the rule set that applied' CODEC(ZSTD(1)),
    actor_strength Enum8('verified' = 1, 'confirmed' = 2, 'asserted' = 3, 'inferred' = 4, 'none' = 5) COMMENT 'How well the name is founded, strongest first' CODEC(ZSTD(1)),
    actor_reason LowCardinality(String) COMMENT 'Why there is no name; empty when there is one' CODEC(ZSTD(1)),
    actor_binding LowCardinality(String) COMMENT 'Binding the name rests on: wire-connection-offset, hex' CODEC(ZSTD(1)),
    actor_session LowCardinality(String) COMMENT 'Keyed digest of the session key, hex; empty without a session' CODEC(ZSTD(1)),
    previous LowCardinality(String) COMMENT 'Keyed digest of the session key before, hex, or empty' CODEC(ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Address of the peer' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why, when the kind does not say it all' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (application, at, seq)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Logins, logouts and all else that changed who a session key was';

CREATE TABLE IF NOT EXISTS gaps
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire; 0 when it is about more than one' CODEC(T64, ZSTD(1)),
    kind LowCardinality(String) COMMENT 'Why something was not recorded' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'In words' CODEC(ZSTD(1)),
    intended Bool COMMENT 'An operator or a rule wanted it so' CODEC(ZSTD(1)),
    from_at DateTime64(9, 'UTC') COMMENT 'Start of what is missing' CODEC(Delta(8), ZSTD(1)),
    to_at DateTime64(9, 'UTC') COMMENT 'End of what is missing' CODEC(Delta(8), ZSTD(1)),
    connections UInt64 COMMENT 'Connections it touched' CODEC(T64, ZSTD(1)),
    up_bytes UInt64 COMMENT 'Bytes from client to application that were not read' CODEC(T64, ZSTD(1)),
    down_bytes UInt64 COMMENT 'Bytes from application to client that were not read' CODEC(T64, ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Address of the peer, or empty' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(from_at)
ORDER BY (from_at, seq)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'What passed and was not recorded, and when nobody recorded';
