-- Who asked what about whom, and why: recorded by the question service before it
-- answers.

CREATE TABLE IF NOT EXISTS inquiries
(
    node LowCardinality(String) COMMENT 'Question service that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When it was asked' CODEC(Delta(8), ZSTD(1)),
    inquiry String COMMENT 'Id, hex; the answer carries it' CODEC(ZSTD(1)),
    person LowCardinality(String) COMMENT 'Who asked, as the service knows him' CODEC(ZSTD(1)),
    question LowCardinality(String) COMMENT 'who-saw, ...' CODEC(ZSTD(1)),
    reason String COMMENT 'Why, in the words of who asked' CODEC(ZSTD(1)),
    subject_type LowCardinality(String) COMMENT 'Of the subjects' CODEC(ZSTD(1)),
    subjects Array(String) COMMENT 'Pseudonyms asked about, hex, under each live key; none: of no client' CODEC(ZSTD(1)),
    employee LowCardinality(String) COMMENT 'Account asked about, or empty' CODEC(ZSTD(1)),
    about String COMMENT 'term NAME HASH, or session DIGEST' CODEC(ZSTD(1)),
    from_at DateTime64(9, 'UTC') COMMENT 'Start of the period' CODEC(ZSTD(1)),
    to_at DateTime64(9, 'UTC') COMMENT 'Its end, not included' CODEC(ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Where it was asked from' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY at
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Questions that were asked; whether they were answered does not stand here';
