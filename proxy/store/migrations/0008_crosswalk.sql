-- Ids of one client, as pages and files say. Nothing is merged by a pair: questions
-- follow pairs from id to id, one hop a question, and tell which they left out.

CREATE TABLE IF NOT EXISTS crosswalk
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set; empty: a file said so' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire' CODEC(T64, ZSTD(1)),
    request_offset UInt64 COMMENT 'With wire and connection the exchange whose page said so' CODEC(T64, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'First byte of that exchange; of a file when it was loaded' CODEC(Delta(8), ZSTD(1)),
    one_type LowCardinality(String) COMMENT 'Type of the one id' CODEC(ZSTD(1)),
    one FixedString(16) COMMENT 'Its keyed pseudonym' CODEC(ZSTD(1)),
    other_type LowCardinality(String) COMMENT 'Type of the other id' CODEC(ZSTD(1)),
    other FixedString(16) COMMENT 'Its keyed pseudonym' CODEC(ZSTD(1)),
    key UInt32 COMMENT 'Id of the key of both' CODEC(T64, ZSTD(1)),
    source LowCardinality(String) COMMENT 'rule NAME, or file NAME and the start of its SHA-256' CODEC(ZSTD(1)),
    ruleset LowCardinality(String) COMMENT 'First 16 hex digits of the rule set''s SHA-256' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1,
    PROJECTION by_other (SELECT one_type, one, other_type, other, source, application, at ORDER BY other)
)
ENGINE = MergeTree
ORDER BY (one, other)
SETTINGS
    index_granularity = 1024,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Two ids of one client, by what said so';

CREATE VIEW IF NOT EXISTS paired_with AS
SELECT
    id_type,
    lower(hex(id)) AS id_hex,
    paired_type,
    lower(hex(paired)) AS paired_hex,
    groupUniqArray(10)(source) AS sources,
    groupUniqArray(10)(application) AS applications,
    min(at) AS first_at,
    max(at) AS last_at
FROM
(
    SELECT one_type AS id_type, one AS id, other_type AS paired_type, other AS paired, source, application, at
    FROM crosswalk
    WHERE one IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))
    UNION ALL
    SELECT other_type, other, one_type, one, source, application, at
    FROM crosswalk
    WHERE other IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))
)
GROUP BY id_type, id, paired_type, paired
COMMENT 'Ids that are of the same client as these (pseudonyms, hex), one hop, and what says so';

CREATE VIEW IF NOT EXISTS crosswalk_conflicts AS
SELECT
    id_type,
    lower(hex(id)) AS id_hex,
    paired_type,
    arrayMap(p -> lower(hex(p)), groupUniqArray(10)(paired)) AS paired_hex,
    uniqExact(paired) AS paired_ids,
    groupUniqArray(10)(source) AS sources,
    min(at) AS first_at,
    max(at) AS last_at
FROM
(
    SELECT one_type AS id_type, one AS id, other_type AS paired_type, other AS paired, source, at
    FROM crosswalk
    UNION ALL
    SELECT other_type, other, one_type, one, source, at
    FROM crosswalk
)
GROUP BY id_type, id, paired_type
HAVING paired_ids > 1
COMMENT 'Ids that are paired with several ids of one type: questions do not follow these pairs';
