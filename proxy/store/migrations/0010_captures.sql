-- Who took a copy of all traffic, when, why, and until when it can be opened.

CREATE TABLE IF NOT EXISTS captures
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When it began' CODEC(Delta(8), ZSTD(1)),
    capture String COMMENT 'Id of the file, hex' CODEC(ZSTD(1)),
    taken_by LowCardinality(String) COMMENT 'The user who took it, as the command told' CODEC(ZSTD(1)),
    uid UInt32 COMMENT 'Of the process that asked, as the kernel told' CODEC(T64, ZSTD(1)),
    reason String COMMENT 'Why, in the words of who took it' CODEC(ZSTD(1)),
    redacted Bool COMMENT 'Stand-ins instead of what passed, as the command told' CODEC(ZSTD(1)),
    expires_at DateTime64(9, 'UTC') COMMENT 'It is not opened after' CODEC(Delta(8), ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY at
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Copies of all traffic that were taken';
