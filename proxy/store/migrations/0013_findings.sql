-- What detections find, and what people made of it. Both are only appended to; what
-- state a finding is in is the last row of reviews, and open without one.

CREATE TABLE IF NOT EXISTS findings
(
    id String COMMENT 'Identity: the same behaviour found again has the same' CODEC(ZSTD(1)),
    detection LowCardinality(String) COMMENT 'Id of the detection in its catalogue' CODEC(ZSTD(1)),
    severity Enum8('low' = 1, 'medium' = 2, 'high' = 3) COMMENT 'How urgent a look at it is' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When it was found' CODEC(Delta(8), ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set; empty when it is about several' CODEC(ZSTD(1)),
    actor LowCardinality(String) COMMENT 'Canonical name of the account; empty when not known' CODEC(ZSTD(1)),
    subject FixedString(16) COMMENT 'Keyed pseudonym of the subject; zeros when it is about no single one' CODEC(ZSTD(1)),
    sentence String COMMENT 'What was found, for a privacy officer; names neither account nor subject' CODEC(ZSTD(1)),
    evidence String COMMENT 'What the rows behind it are found by, JSON' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (at, id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Behaviour that someone should look at';

CREATE TABLE IF NOT EXISTS reviews
(
    finding String COMMENT 'Id of the finding' CODEC(ZSTD(1)),
    state Enum8('open' = 1, 'seen' = 2, 'explained' = 3, 'escalated' = 4) COMMENT 'What the finding is from then on' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When it was reviewed' CODEC(Delta(8), ZSTD(1)),
    reviewer LowCardinality(String) COMMENT 'Who reviewed it' CODEC(ZSTD(1)),
    reason String COMMENT 'Why, in words' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (finding, at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Reviews of findings; only appended, the last one counts';
