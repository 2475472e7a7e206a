-- What boards stand on: aggregates by the hour, and the views they read. Boards never
-- read a table.
--
-- Everyday views show accounts as pseudonyms and no subject; they run with the rights
-- of whoever made them, so that a user of boards needs a grant on the views only.
-- Those that show names and subjects begin with board_private.

CREATE TABLE IF NOT EXISTS board_key
(
    one UInt64 COMMENT 'First half of the key' CODEC(NONE),
    two UInt64 COMMENT 'Second half of the key' CODEC(NONE)
)
ENGINE = MergeTree
ORDER BY tuple()
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Key of the pseudonyms of accounts on everyday boards; one row, of this store alone';

INSERT INTO board_key
SELECT
    sipHash64(generateUUIDv4(1), generateUUIDv4(2), now64(9)),
    sipHash64(generateUUIDv4(3), generateUUIDv4(4), now64(9))
WHERE NOT EXISTS (SELECT 1 FROM board_key);

ALTER TABLE views ADD PROJECTION IF NOT EXISTS by_hour
(
    SELECT
        toStartOfHour(started_at),
        application,
        actor,
        actor_kind,
        action,
        count()
    GROUP BY
        toStartOfHour(started_at),
        application,
        actor,
        actor_kind,
        action
);

ALTER TABLE views MATERIALIZE PROJECTION IF EXISTS by_hour;

ALTER TABLE views ADD PROJECTION IF NOT EXISTS by_day
(
    SELECT
        toDate(started_at),
        application,
        actor,
        actor_kind,
        uniqStateIf(subject, action NOT IN ('list', 'search', 'mention'))
    GROUP BY
        toDate(started_at),
        application,
        actor,
        actor_kind
);

ALTER TABLE views MATERIALIZE PROJECTION IF EXISTS by_day;

ALTER TABLE exchanges MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';

ALTER TABLE exchanges ADD PROJECTION IF NOT EXISTS by_hour
(
    SELECT
        toStartOfHour(started_at),
        application,
        path,
        extraction,
        actor_strength,
        count()
    GROUP BY
        toStartOfHour(started_at),
        application,
        path,
        extraction,
        actor_strength
);

ALTER TABLE exchanges MATERIALIZE PROJECTION IF EXISTS by_hour;

CREATE VIEW IF NOT EXISTS board_hours
SQL SECURITY DEFINER
AS SELECT
    toStartOfHour(started_at) AS hour,
    application,
    if(actor = '', '', substring(lower(hex(sipHash128Keyed((SELECT (one, two) FROM board_key), actor))), 1, 10)) AS employee,
    actor_kind,
    action,
    count() AS views
FROM views
GROUP BY toStartOfHour(started_at), application, actor, actor_kind, action
COMMENT 'Views by the hour, account (pseudonym; empty: not known) and action';

CREATE VIEW IF NOT EXISTS board_days
SQL SECURITY DEFINER
AS SELECT
    toDate(started_at) AS day,
    application,
    if(actor = '', '', substring(lower(hex(sipHash128Keyed((SELECT (one, two) FROM board_key), actor))), 1, 10)) AS employee,
    actor_kind,
    uniqStateIf(subject, action NOT IN ('list', 'search', 'mention')) AS subjects
FROM views
GROUP BY toDate(started_at), application, actor, actor_kind
COMMENT 'Subjects whose record was opened, by the day (UTC) and account (pseudonym): uniqMerge(subjects) counts them';

CREATE VIEW IF NOT EXISTS board_pages
SQL SECURITY DEFINER
AS SELECT
    toStartOfHour(started_at) AS hour,
    application,
    path,
    extraction,
    actor_strength AS strength,
    count() AS exchanges
FROM exchanges
GROUP BY toStartOfHour(started_at), application, path, extraction, actor_strength
COMMENT 'Exchanges by the hour, path template, what became of their records and strength of the name';

CREATE VIEW IF NOT EXISTS board_applications
SQL SECURITY DEFINER
AS SELECT application
FROM exchanges
GROUP BY application
COMMENT 'Applications with exchanges';

CREATE VIEW IF NOT EXISTS board_gaps
SQL SECURITY DEFINER
AS SELECT
    from_at,
    to_at,
    node,
    application,
    kind,
    reason,
    intended,
    connections,
    up_bytes + down_bytes AS bytes
FROM gaps
COMMENT 'What was not recorded, and why';

CREATE VIEW IF NOT EXISTS board_seals
SQL SECURITY DEFINER
AS SELECT
    node,
    max(number) AS number,
    max(s.sealed_at) AS sealed_at
FROM seals AS s
GROUP BY node
COMMENT 'The last seal of each node';

CREATE VIEW IF NOT EXISTS board_findings
SQL SECURITY DEFINER
AS SELECT
    f.at AS at,
    f.id AS id,
    f.detection AS detection,
    f.severity AS severity,
    f.application AS application,
    if(f.actor = '', '', substring(lower(hex(sipHash128Keyed((SELECT (one, two) FROM board_key), f.actor))), 1, 10)) AS employee,
    f.sentence AS sentence,
    if(r.reviews = 0, 'open', toString(r.last_state)) AS state,
    if(r.reviews = 0, NULL, r.first_at) AS reviewed_at
FROM
(
    SELECT
        id,
        min(g.at) AS at,
        any(g.detection) AS detection,
        max(g.severity) AS severity,
        any(g.application) AS application,
        any(g.actor) AS actor,
        argMax(g.sentence, g.at) AS sentence
    FROM findings AS g
    GROUP BY id
) AS f
LEFT JOIN
(
    SELECT
        finding,
        count() AS reviews,
        argMax(v.state, v.at) AS last_state,
        min(v.at) AS first_at
    FROM reviews AS v
    GROUP BY finding
) AS r ON f.id = r.finding
COMMENT 'Findings with their state; accounts as pseudonyms, no subject';

CREATE VIEW IF NOT EXISTS board_private_employees
SQL SECURITY DEFINER
AS SELECT
    actor,
    substring(lower(hex(sipHash128Keyed((SELECT (one, two) FROM board_key), actor))), 1, 10) AS employee
FROM
(
    SELECT actor
    FROM views
    WHERE actor != ''
    GROUP BY toStartOfHour(started_at), application, actor, actor_kind, action
    UNION ALL
    SELECT actor
    FROM attributions
    WHERE actor != ''
)
GROUP BY actor
COMMENT 'Names of the pseudonyms on everyday boards';

CREATE VIEW IF NOT EXISTS board_private_findings
SQL SECURITY DEFINER
AS SELECT
    f.at AS at,
    f.id AS id,
    f.detection AS detection,
    f.severity AS severity,
    f.application AS application,
    f.actor AS actor,
    f.sentence AS sentence,
    f.subject AS subject,
    lower(hex(f.subject)) AS subject_hex
FROM findings AS f
COMMENT 'Findings with account and subject, for boards of an inquiry';
