-- The end of the evidence: what a seal keeps when some of its rows are erased and
-- others stay, who holds which rows longer and why, and what was erased when.

ALTER TABLE seal_seeds ADD COLUMN IF NOT EXISTS salts String COMMENT 'Salts of the rows that stay beside kept leaves, hex' CODEC(ZSTD(1));

ALTER TABLE seal_seeds ADD COLUMN IF NOT EXISTS erased_at DateTime64(9, 'UTC') COMMENT 'When rows of it were erased; 1970: none were' CODEC(ZSTD(1));

CREATE TABLE IF NOT EXISTS holds
(
    hold String COMMENT 'Id of the hold, hex; a release has the same' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When this was said' CODEC(ZSTD(1)),
    kind Enum8('placed' = 1, 'released' = 2) COMMENT 'Whether the hold began or ended' CODEC(ZSTD(1)),
    said_by String COMMENT 'The user who said it, as the command told' CODEC(ZSTD(1)),
    reason String COMMENT 'Why, in the words of who said it' CODEC(ZSTD(1)),
    subjects Array(FixedString(16)) COMMENT 'Keyed pseudonyms of the client, under each live key and id; none: whoever' CODEC(ZSTD(1)),
    employee String COMMENT 'Canonical name of the account; empty: whoever' CODEC(ZSTD(1)),
    from_at DateTime64(9, 'UTC') COMMENT 'Rows from then on' CODEC(ZSTD(1)),
    to_at DateTime64(9, 'UTC') COMMENT 'to then, not included' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (hold, at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Legal holds, and their releases: what is kept beyond its time, for whom and why';

CREATE VIEW IF NOT EXISTS holds_in_force AS
SELECT
    hold,
    argMin(at, kind) AS placed_at,
    argMin(said_by, kind) AS placed_by,
    argMin(reason, kind) AS why,
    argMin(subjects, kind) AS held_subjects,
    argMin(employee, kind) AS held_employee,
    argMin(from_at, kind) AS held_from,
    argMin(to_at, kind) AS held_to
FROM holds
GROUP BY hold
HAVING countIf(kind = 'released') = 0
COMMENT 'Legal holds that are not released';

CREATE TABLE IF NOT EXISTS held_rows
(
    run String COMMENT 'Run of whosaw retain that found it, hex' CODEC(ZSTD(1)),
    node LowCardinality(String) COMMENT 'Sidecar that recorded the row' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Its epoch' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Its sequence number' CODEC(Delta(8), ZSTD(1)),
    at DateTime DEFAULT now() COMMENT 'When it was found' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (run, node, epoch, seq)
TTL at + INTERVAL 7 DAY
COMMENT 'Rows that a run of whosaw retain left because of a hold: numbers only, for a week';

CREATE TABLE IF NOT EXISTS erasures
(
    run String COMMENT 'Run of whosaw retain, hex' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When it was done' CODEC(ZSTD(1)),
    of LowCardinality(String) COMMENT 'Table whose rows were erased' CODEC(ZSTD(1)),
    node LowCardinality(String) COMMENT 'Sidecar that had recorded them' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Their epoch' CODEC(ZSTD(1)),
    first UInt64 COMMENT 'First sequence number' CODEC(ZSTD(1)),
    last UInt64 COMMENT 'Last sequence number' CODEC(ZSTD(1)),
    erased UInt64 COMMENT 'Rows erased' CODEC(ZSTD(1)),
    held UInt64 COMMENT 'Rows that were due and left because of a hold' CODEC(ZSTD(1)),
    due_before DateTime64(9, 'UTC') COMMENT 'Rows sealed (without seals: recorded) before were due' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (at, of)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'What was erased at the end of its retention, by whosaw retain'
