-- Which units a user of the store may read, for those who may not read all; the role
-- whosaw_unit_analyst has policies over it.

CREATE TABLE IF NOT EXISTS unit_readers
(
    reader String COMMENT 'User of the store' CODEC(ZSTD(1)),
    unit String COMMENT 'Unit as in staff' CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this was said' CODEC(ZSTD(1)),
    may Bool DEFAULT true COMMENT 'Whether he may; the last row of reader and unit counts' CODEC(ZSTD(1)),
    said_by String COMMENT 'The user who said it' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (reader, unit, at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Which units a user of the store may read; only appended';

CREATE VIEW IF NOT EXISTS unit_accounts
SQL SECURITY DEFINER
AS SELECT
    r.reader AS reader,
    p.employee AS employee
FROM
(
    SELECT
        u.reader AS reader,
        u.unit AS unit
    FROM unit_readers AS u
    GROUP BY u.reader, u.unit
    HAVING argMax(u.may, u.at)
) AS r
INNER JOIN
(
    SELECT
        employee,
        argMax(t.unit, t.valid_from) AS unit
    FROM staff_periods AS t
    WHERE t.valid_from <= today() AND t.valid_to > today()
    GROUP BY employee
) AS p ON r.unit = p.unit
WHERE p.unit != ''
COMMENT 'Accounts that are in a unit today which this reader may read';
