-- A finding that nobody has to look at is kept and is not open; and a step that takes a
-- review back ("open") is no review in time.

ALTER TABLE findings ADD COLUMN IF NOT EXISTS suppressed String COMMENT 'Why nobody has to look; empty: somebody has to' CODEC(ZSTD(1));

CREATE OR REPLACE VIEW board_findings
SQL SECURITY DEFINER
AS SELECT
    f.at AS at,
    f.id AS id,
    f.detection AS detection,
    f.severity AS severity,
    f.application AS application,
    if(f.actor = '', '', substring(lower(hex(sipHash128Keyed((SELECT (one, two) FROM board_key), f.actor))), 1, 10)) AS employee,
    f.sentence AS sentence,
    multiIf(r.finding != '', toString(r.last_state), f.suppressed != '', 'suppressed', 'open') AS state,
    if(r.steps = 0, NULL, r.first_at) AS reviewed_at
FROM
(
    SELECT
        id,
        at,
        detection,
        severity,
        application,
        actor,
        sentence,
        suppressed
    FROM findings
    ORDER BY id, at
    LIMIT 1 BY id
) AS f
LEFT JOIN
(
    SELECT
        finding,
        argMax(v.state, v.at) AS last_state,
        minIf(v.at, v.state != 'open') AS first_at,
        countIf(v.state != 'open') AS steps
    FROM reviews AS v
    GROUP BY finding
) AS r ON f.id = r.finding
COMMENT 'Findings with their state; accounts as pseudonyms, no subject';

CREATE OR REPLACE VIEW board_private_findings
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
    if(f.subject = toFixedString('', 16), '', lower(hex(f.subject))) AS subject_hex,
    f.suppressed AS suppressed
FROM findings AS f
ORDER BY f.id, f.at
LIMIT 1 BY f.id
COMMENT 'Findings with account and subject, for boards of an inquiry';
