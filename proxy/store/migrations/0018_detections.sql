-- What detections say of a finding beside its sentence, how reviews keep the agreed
-- term, and the views that detections read.

ALTER TABLE findings ADD COLUMN IF NOT EXISTS day Date COMMENT 'Local day it is about' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS from_at DateTime64(9, 'UTC') COMMENT 'First of the rows behind it' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS to_at DateTime64(9, 'UTC') COMMENT 'Last of the rows behind it' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS actor_kind Enum8('person' = 1, 'robot' = 2, 'shared' = 3, 'unknown' = 4) DEFAULT 'unknown' COMMENT 'Whose the account is: a person''s, a program''s, shared' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS subject_type LowCardinality(String) COMMENT 'Kind of subject, when it is about one' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS about String COMMENT 'What else tells it from others: a day, a month, a session, an address' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS zone LowCardinality(String) COMMENT 'Time zone of its days and times' CODEC(ZSTD(1));

ALTER TABLE findings ADD COLUMN IF NOT EXISTS thresholds LowCardinality(String) COMMENT 'First 16 hex digits of the SHA-256 of detection and thresholds' CODEC(ZSTD(1));

CREATE VIEW IF NOT EXISTS findings_reviewed AS
SELECT
    f.id AS id,
    f.at AS at,
    f.detection AS detection,
    f.severity AS severity,
    f.day AS day,
    f.from_at AS from_at,
    f.to_at AS to_at,
    f.application AS application,
    f.actor AS actor,
    f.actor_kind AS actor_kind,
    f.subject_type AS subject_type,
    f.subject AS subject,
    f.about AS about,
    f.sentence AS sentence,
    f.evidence AS evidence,
    f.zone AS zone,
    f.suppressed AS suppressed,
    multiIf(r.finding != '', toString(r.last_state), f.suppressed != '', 'suppressed', 'open') AS state,
    r.steps AS steps,
    r.first_at AS first_reviewed_at,
    r.last_at AS last_reviewed_at,
    r.last_reviewer AS reviewer,
    r.last_reason AS reason
FROM
(
    SELECT * FROM findings ORDER BY id, at LIMIT 1 BY id
) AS f
LEFT JOIN
(
    SELECT
        finding,
        argMax(v.state, v.at) AS last_state,
        argMax(v.reviewer, v.at) AS last_reviewer,
        argMax(v.reason, v.at) AS last_reason,
        minIf(v.at, v.state != 'open') AS first_at,
        max(v.at) AS last_at,
        countIf(v.state != 'open') AS steps
    FROM reviews AS v
    GROUP BY finding
) AS r ON f.id = r.finding
COMMENT 'Findings with what became of them';

CREATE VIEW IF NOT EXISTS reviewed_within AS
SELECT
    toStartOfMonth(at) AS month,
    detection,
    count() AS findings,
    countIf(state != 'open') AS reviewed,
    countIf(steps > 0 AND first_reviewed_at <= at + toIntervalHour({hours:UInt32})) AS in_time,
    countIf(steps = 0 AND at < now64(9) - toIntervalHour({hours:UInt32})) AS overdue,
    round(in_time / findings, 3) AS share_in_time
FROM findings_reviewed
WHERE suppressed = ''
    AND findings_reviewed.at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND findings_reviewed.at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
GROUP BY month, detection
COMMENT 'How many findings of a period were reviewed within the agreed term, by month and detection; suppressed ones apart';

CREATE VIEW IF NOT EXISTS views_named AS
SELECT
    v.started_at AS started_at,
    arrayExists(t -> t.1 <= v.started_at AND v.started_at < t.2 AND t.3 = '', l.told) AS withdrawn,
    arrayFirst(t -> t.1 <= v.started_at AND v.started_at < t.2 AND t.3 != '', if(NOT withdrawn AND v.actor = '' AND v.actor_reason = 'unknown_session', l.told, [])) AS hit,
    multiIf(withdrawn, '', hit.3 != '', hit.3, toString(v.actor)) AS actor,
    multiIf(withdrawn, 'unknown', hit.3 != '', hit.4, toString(v.actor_kind)) AS actor_kind,
    if(withdrawn, 'contested', toString(v.actor_reason)) AS actor_reason,
    v.application AS application,
    v.action AS action,
    v.action NOT IN ('list', 'search', 'mention') AS opened,
    v.subject_type AS subject_type,
    v.subject AS subject,
    v.categories AS categories,
    v.client_address AS client_address,
    v.actor_session AS actor_session,
    v.rule AS rule,
    v.node AS node,
    v.epoch AS epoch,
    v.seq AS seq,
    v.wire AS wire,
    v.connection AS connection,
    v.request_offset AS request_offset
FROM views AS v
LEFT JOIN
(
    SELECT
        application,
        actor_session,
        if(about = '', node, about) AS about_node,
        arraySort(t -> t.2, groupArray((from_at, to_at, toString(actor), toString(actor_kind)))) AS told
    FROM attributions
    WHERE to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    GROUP BY application, actor_session, about_node
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.node = l.about_node
WHERE v.started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND v.started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
COMMENT 'Views of a period under the name that is known by now';

CREATE VIEW IF NOT EXISTS opened_by_day AS
SELECT
    o.day AS day,
    o.actor AS actor,
    o.actor_kind AS actor_kind,
    o.subject_type AS subject_type,
    o.subject AS subject,
    o.pages AS pages,
    o.changes AS changes,
    o.from_at AS from_at,
    o.to_at AS to_at,
    if(s.valid_to > o.day, toString(s.team), '') AS team,
    if(s.valid_to > o.day, toString(s.schedule), '') AS schedule,
    arrayExists(p -> p.3 = o.actor AND p.1 <= o.day + toIntervalDay({grace:UInt16}) AND o.day - toIntervalDay({grace:UInt16}) < p.2, c.periods) AS own_case,
    team != '' AND arrayExists(p -> p.4 = team AND p.1 <= o.day + toIntervalDay({grace:UInt16}) AND o.day - toIntervalDay({grace:UInt16}) < p.2, c.periods) AS team_case
FROM
(
    SELECT
        toDate(started_at, {zone:String}) AS day,
        actor,
        any(actor_kind) AS actor_kind,
        subject_type,
        subject,
        uniqExact(wire, connection, request_offset) AS pages,
        countIf(action IN ('create', 'update', 'delete')) AS changes,
        min(started_at) AS from_at,
        max(started_at) AS to_at
    FROM views_named(from = {from:String}, to = {to:String})
    WHERE opened AND actor != '' AND action != 'export'
    GROUP BY day, actor, subject_type, subject
) AS o
ASOF LEFT JOIN staff_periods AS s ON o.actor = s.employee AND o.day >= s.valid_from
LEFT JOIN
(
    SELECT
        c.subject_type AS subject_type,
        c.subject AS subject,
        groupArray((c.valid_from, c.valid_to, toString(c.employee), toString(t.team))) AS periods
    FROM caseload_periods AS c
    LEFT JOIN
    (
        SELECT employee, argMax(team, valid_from) AS team FROM staff_periods GROUP BY employee
    ) AS t ON c.employee = t.employee
    GROUP BY subject_type, subject
) AS c ON o.subject_type = c.subject_type AND o.subject = c.subject
COMMENT 'Clients an account opened on a local day, and whether they were its own or its team''s cases; exports apart'
