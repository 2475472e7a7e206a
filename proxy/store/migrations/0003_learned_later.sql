-- Names that became known after views were recorded: rows of their own; the views
-- stay as they were recorded. The questions say "learned later" beside them.

CREATE TABLE IF NOT EXISTS attributions
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire' CODEC(T64, ZSTD(1)),
    request_offset UInt64 COMMENT 'With wire and connection the exchange that told the name' CODEC(T64, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'First byte of that exchange' CODEC(Delta(8), ZSTD(1)),
    from_at DateTime64(9, 'UTC') COMMENT 'Exchanges of the session from then on' CODEC(Delta(8), ZSTD(1)),
    to_at DateTime64(9, 'UTC') COMMENT 'to then, not included' CODEC(Delta(8), ZSTD(1)),
    exchanges UInt64 COMMENT 'How many were counted' CODEC(T64, ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Address of the peer, the same for all of them' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'Canonical name of the account' CODEC(ZSTD(1)),
    actor_on_wire LowCardinality(String) COMMENT 'The name as it was on the wire' CODEC(ZSTD(1)),
    actor_scheme LowCardinality(String) COMMENT 'What told the name' CODEC(ZSTD(1)),
    actor_strength Enum8('verified' = 1, 'confirmed' = 2, 'asserted' = 3, 'inferred' = 4, 'none' = 5) COMMENT 'How well the name is founded, strongest first' CODEC(ZSTD(1)),
    actor_reason LowCardinality(String) COMMENT 'Empty: there is a name' CODEC(ZSTD(1)),
    actor_binding LowCardinality(String) COMMENT 'Binding the name rests on: wire-connection-offset, hex' CODEC(ZSTD(1)),
    actor_session LowCardinality(String) COMMENT 'Keyed digest of the session key whose earlier exchanges these are, hex' CODEC(ZSTD(1)),
    actor_kind Enum8('person' = 1, 'robot' = 2, 'shared' = 3, 'unknown' = 4) DEFAULT 'unknown' COMMENT 'Whose the account is: a person''s, a program''s, shared' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (application, actor_session, to_at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Names of earlier exchanges of a session, learned from a later one';

-- The next row of the session that ends after a view is the one that may cover it.
CREATE OR REPLACE VIEW who_saw AS
SELECT
    v.started_at AS started_at,
    v.actor AS actor,
    v.application AS application,
    v.action AS action,
    v.action NOT IN ('list', 'search', 'mention') AS opened,
    v.categories AS categories,
    v.actor_strength AS actor_strength,
    v.actor_scheme AS actor_scheme,
    v.actor_reason AS actor_reason,
    v.actor_on_wire AS actor_on_wire,
    v.actor_binding AS actor_binding,
    v.actor_session AS actor_session,
    v.rule AS rule,
    v.position AS position,
    v.client_address AS client_address,
    v.subject_type AS subject_type,
    lower(hex(v.subject)) AS subject_hex,
    v.subject_key AS subject_key,
    v.node AS node,
    v.epoch AS epoch,
    v.seq AS seq,
    v.wire AS wire,
    v.connection AS connection,
    v.request_offset AS request_offset,
    v.actor = '' AND v.actor_reason = 'unknown_session' AND l.to_at > v.started_at AND l.from_at <= v.started_at AS learned,
    if(learned, l.actor, '') AS learned_actor,
    if(learned, l.actor_strength, 'none') AS learned_strength,
    if(learned, l.actor_scheme, '') AS learned_scheme,
    if(learned, l.actor_binding, '') AS learned_binding
FROM
(
    SELECT started_at, actor, application, action, categories, actor_strength, actor_scheme, actor_reason, actor_on_wire, actor_binding, actor_session, rule, position, client_address, subject_type, subject, subject_key, node, epoch, seq, wire, connection, request_offset
    FROM views
    WHERE subject IN (
            SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16)
        )
        AND subject_type = {subject_type:String}
        AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS v
ASOF LEFT JOIN
(
    SELECT application, actor_session, from_at, to_at, actor, actor_strength, actor_scheme, actor_binding
    FROM attributions
    WHERE to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.started_at < l.to_at
COMMENT 'Which accounts were shown these subjects (pseudonyms, hex) in a period';

CREATE OR REPLACE VIEW seen_by AS
SELECT
    started_at AS started_at,
    actor AS actor,
    application AS application,
    action AS action,
    action NOT IN ('list', 'search', 'mention') AS opened,
    categories AS categories,
    actor_strength AS actor_strength,
    actor_scheme AS actor_scheme,
    actor_reason AS actor_reason,
    actor_on_wire AS actor_on_wire,
    actor_binding AS actor_binding,
    actor_session AS actor_session,
    rule AS rule,
    position AS position,
    client_address AS client_address,
    subject_type AS subject_type,
    lower(hex(subject)) AS subject_hex,
    subject_key AS subject_key,
    node AS node,
    epoch AS epoch,
    seq AS seq,
    wire AS wire,
    connection AS connection,
    request_offset AS request_offset,
    false AS learned,
    '' AS learned_actor,
    'none' AS learned_strength,
    '' AS learned_scheme,
    '' AS learned_binding
FROM views
WHERE actor = {employee:String}
    AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
UNION ALL
SELECT
    v.started_at AS started_at,
    v.actor AS actor,
    v.application AS application,
    v.action AS action,
    v.action NOT IN ('list', 'search', 'mention') AS opened,
    v.categories AS categories,
    v.actor_strength AS actor_strength,
    v.actor_scheme AS actor_scheme,
    v.actor_reason AS actor_reason,
    v.actor_on_wire AS actor_on_wire,
    v.actor_binding AS actor_binding,
    v.actor_session AS actor_session,
    v.rule AS rule,
    v.position AS position,
    v.client_address AS client_address,
    v.subject_type AS subject_type,
    lower(hex(v.subject)) AS subject_hex,
    v.subject_key AS subject_key,
    v.node AS node,
    v.epoch AS epoch,
    v.seq AS seq,
    v.wire AS wire,
    v.connection AS connection,
    v.request_offset AS request_offset,
    true AS learned,
    l.actor AS learned_actor,
    toString(l.actor_strength) AS learned_strength,
    l.actor_scheme AS learned_scheme,
    l.actor_binding AS learned_binding
FROM
(
    SELECT started_at, actor, application, action, categories, actor_strength, actor_scheme, actor_reason, actor_on_wire, actor_binding, actor_session, rule, position, client_address, subject_type, subject, subject_key, node, epoch, seq, wire, connection, request_offset
    FROM views
    WHERE actor = ''
        AND actor_reason = 'unknown_session'
        AND actor_session IN (
            SELECT actor_session
            FROM attributions
            WHERE actor = {employee:String} AND actor != ''
        )
        AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS v
ASOF INNER JOIN
(
    SELECT application, actor_session, from_at, to_at, actor, actor_strength, actor_scheme, actor_binding
    FROM attributions
    WHERE actor = {employee:String} AND actor != ''
        AND to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.started_at < l.to_at
WHERE l.from_at <= v.started_at
COMMENT 'Which subjects this account was shown in a period';
