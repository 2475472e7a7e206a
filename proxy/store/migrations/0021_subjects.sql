-- How a pseudonym is turned back: ids as the recorder encrypted them, and whose ids
-- were forgotten. Only who holds the recovery key can read one.

CREATE TABLE IF NOT EXISTS subjects
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Rule set that read it' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'First byte of the exchange that showed it' CODEC(Delta(8), ZSTD(1)),
    subject_type LowCardinality(String) COMMENT 'client, ...; as the rule set names it' CODEC(ZSTD(1)),
    subject FixedString(16) COMMENT 'Keyed pseudonym, as in views' CODEC(NONE),
    subject_key UInt32 COMMENT 'Number of the key of the pseudonym' CODEC(T64, ZSTD(1)),
    encrypted_id String COMMENT 'The id, AES-SIV under the recovery key; empty: forgotten. No seal covers it, it is authenticated by itself' CODEC(NONE),
    recovery_key UInt32 COMMENT 'Number of the recovery key' CODEC(T64, ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (subject, at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Ids of subjects, encrypted; one subject may stand in several rows';

CREATE TABLE IF NOT EXISTS forgotten
(
    at DateTime64(9, 'UTC') COMMENT 'Ids recorded before were forgotten' CODEC(ZSTD(1)),
    subject FixedString(16) COMMENT 'Keyed pseudonym' CODEC(NONE),
    said_by String COMMENT 'The user who said it, as the command told' CODEC(ZSTD(1)),
    reason String COMMENT 'Why, in the words of who said it' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (subject, at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Subjects whose id was forgotten: their pseudonym cannot be turned back any more';

CREATE VIEW IF NOT EXISTS subject_ids AS
SELECT
    subject,
    subject_key,
    recovery_key,
    any(s.subject_type) AS subject_type,
    groupUniqArray(8)(s.encrypted_id) AS encrypted_ids,
    min(s.at) AS first_at
FROM subjects AS s
LEFT JOIN
(
    SELECT
        subject,
        max(at) AS forgotten_at
    FROM forgotten
    GROUP BY subject
) AS f USING (subject)
WHERE s.encrypted_id != '' AND s.at >= f.forgotten_at
GROUP BY subject, subject_key, recovery_key
COMMENT 'Each subject once per pair of keys, those forgotten left out';
