-- What an organisation knows and no wire does: its staff, who works on whose case, and
-- whose records are watched. Loaded from files; a row counts once the row of its load
-- is there, so that a file is loaded whole or not at all. Nothing is replaced: of the
-- rows about one thing with one first day the last loaded counts, and one whose period
-- is empty takes the others back. Days are local ones of the organisation.

CREATE TABLE IF NOT EXISTS context_loads
(
    load FixedString(16) COMMENT 'What was loaded: digest of the kind, the file and the ids of the keys' CODEC(ZSTD(1)),
    kind Enum8('staff' = 1, 'caseload' = 2, 'watchlist' = 3) COMMENT 'Table it went to' CODEC(ZSTD(1)),
    source String COMMENT 'Name of the file' CODEC(ZSTD(1)),
    lines UInt64 COMMENT 'Rows of the file' CODEC(ZSTD(1)),
    loaded_by LowCardinality(String) COMMENT 'User who loaded it, as the command told' CODEC(ZSTD(1)),
    loaded_at DateTime64(9, 'UTC') COMMENT 'When all of it was there' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY loaded_at
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Files of context that were loaded, whole';

CREATE TABLE IF NOT EXISTS staff
(
    load FixedString(16) COMMENT 'Load it came with; counts once that is in context_loads' CODEC(ZSTD(1)),
    line UInt64 COMMENT 'Line of the file' CODEC(T64, ZSTD(1)),
    employee LowCardinality(String) COMMENT 'Canonical name of the account' CODEC(ZSTD(1)),
    team LowCardinality(String) COMMENT 'Whom the account is compared with' CODEC(ZSTD(1)),
    unit LowCardinality(String) COMMENT 'Part of the organisation' CODEC(ZSTD(1)),
    schedule LowCardinality(String) COMMENT 'Working hours, by their name in the thresholds file; empty: the usual ones' CODEC(ZSTD(1)),
    own Array(Tuple(type String, subject FixedString(16), key UInt32)) COMMENT 'The employee''s own records: type, keyed pseudonym, id of its key' CODEC(ZSTD(1)),
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'First day after; 2149-06-06: until further notice' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (employee, valid_from)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Who works where, as files say';

CREATE TABLE IF NOT EXISTS caseload
(
    load FixedString(16) COMMENT 'Load it came with; counts once that is in context_loads' CODEC(ZSTD(1)),
    line UInt64 COMMENT 'Line of the file' CODEC(T64, ZSTD(1)),
    employee LowCardinality(String) COMMENT 'Canonical name of the account' CODEC(ZSTD(1)),
    subject_type LowCardinality(String) COMMENT 'Kind of subject, as the rule set names it' CODEC(ZSTD(1)),
    subject FixedString(16) COMMENT 'Keyed pseudonym of the client' CODEC(ZSTD(1)),
    subject_key UInt32 COMMENT 'Id of the key of that pseudonym; a row for each live key' CODEC(ZSTD(1)),
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'First day after; 2149-06-06: until further notice' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (employee, subject, valid_from)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Who works on whose case, as files say';

CREATE TABLE IF NOT EXISTS watchlist
(
    load FixedString(16) COMMENT 'Load it came with; counts once that is in context_loads' CODEC(ZSTD(1)),
    line UInt64 COMMENT 'Line of the file' CODEC(T64, ZSTD(1)),
    subject_type LowCardinality(String) COMMENT 'Kind of subject, as the rule set names it' CODEC(ZSTD(1)),
    subject FixedString(16) COMMENT 'Keyed pseudonym of the client' CODEC(ZSTD(1)),
    subject_key UInt32 COMMENT 'Id of the key of that pseudonym; a row for each live key' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why it is watched, in a word: well_known, threatened, staff, ...' CODEC(ZSTD(1)),
    valid_from Date COMMENT 'First day' CODEC(ZSTD(1)),
    valid_to Date COMMENT 'First day after; 2149-06-06: until further notice' CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (subject, reason, valid_from)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'Clients whose records are watched, as files say';

CREATE VIEW IF NOT EXISTS staff_periods AS
SELECT
    employee,
    valid_from,
    argMax(s.valid_to, l.at) AS valid_to,
    argMax(s.team, l.at) AS team,
    argMax(s.unit, l.at) AS unit,
    argMax(s.schedule, l.at) AS schedule,
    argMax(s.own, l.at) AS own
FROM staff AS s
INNER JOIN
(
    SELECT load, min(loaded_at) AS at FROM context_loads GROUP BY load
) AS l ON s.load = l.load
GROUP BY employee, valid_from
HAVING valid_to > valid_from
COMMENT 'Who works where and when, as last loaded; of several periods of an account that hold on a day the one that began last counts';

CREATE VIEW IF NOT EXISTS caseload_periods AS
SELECT
    employee,
    subject_type,
    subject,
    subject_key,
    valid_from,
    argMax(c.valid_to, l.at) AS valid_to
FROM caseload AS c
INNER JOIN
(
    SELECT load, min(loaded_at) AS at FROM context_loads GROUP BY load
) AS l ON c.load = l.load
GROUP BY employee, subject_type, subject, subject_key, valid_from
HAVING valid_to > valid_from
COMMENT 'Who works on whose case and when, as last loaded';

CREATE VIEW IF NOT EXISTS watchlist_periods AS
SELECT
    subject_type,
    subject,
    subject_key,
    reason,
    valid_from,
    argMax(w.valid_to, l.at) AS valid_to
FROM watchlist AS w
INNER JOIN
(
    SELECT load, min(loaded_at) AS at FROM context_loads GROUP BY load
) AS l ON w.load = l.load
GROUP BY subject_type, subject, subject_key, reason, valid_from
HAVING valid_to > valid_from
COMMENT 'Whose records are watched, why and when, as last loaded'
