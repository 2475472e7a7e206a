-- Seals of the evidence, and what stays beside the rows they cover. A seal holds no
-- personal data and is kept; its seed goes with its rows.

CREATE TABLE IF NOT EXISTS seals
(
    node LowCardinality(String) COMMENT 'Sidecar whose rows it covers' CODEC(ZSTD(1)),
    number UInt64 COMMENT '1, 2, 3, ... per node' CODEC(Delta(8), ZSTD(1)),
    epoch UInt64 COMMENT 'Rows of this epoch; as the body says, which alone counts' CODEC(ZSTD(1)),
    first UInt64 COMMENT 'First sequence number' CODEC(Delta(8), ZSTD(1)),
    last UInt64 COMMENT 'Last sequence number; first - 1 for an empty period' CODEC(Delta(8), ZSTD(1)),
    sealed_at DateTime64(9, 'UTC') COMMENT 'When it was sealed' CODEC(Delta(8), ZSTD(1)),
    body String COMMENT 'The text that was signed' CODEC(ZSTD(3)),
    signature String COMMENT 'Ed25519, hex' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (node, number)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Signed seals, a chain per node';

CREATE TABLE IF NOT EXISTS seal_seeds
(
    node LowCardinality(String) COMMENT 'Sidecar of the seal' CODEC(ZSTD(1)),
    number UInt64 COMMENT 'Number of the seal' CODEC(Delta(8), ZSTD(1)),
    seed String COMMENT 'Seed of the salts, hex; deleted together with the rows' CODEC(ZSTD(1)),
    tags String COMMENT 'First two bytes of each leaf, hex: where a changed row is' CODEC(ZSTD(1)),
    leaves String COMMENT 'Leaves, hex, of rows erased under a legal hold; else empty' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (node, number)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'What is needed to compute the leaves of a seal';
