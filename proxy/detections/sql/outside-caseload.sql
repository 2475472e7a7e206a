-- id: outside-caseload
-- title: Clients outside the own caseload
-- severity: medium
-- window: day
-- looks_back: 28
-- needs: caseload
-- sentence: "{what}, outside the caseload of the account and its team{compared}"
-- parameters:
--   returns: {default: 3, means: "days within 28 on which one such client was opened, at least, without a change to the record"}
--   least: {default: 15, means: "such clients on one day, at least"}
--   factor: {default: 5, means: "times the account's own median of such clients"}
--   grace: {default: 7, means: "days before and after a case in which it counts as one"}
-- cannot_see:
--   - an account of which no case and no team is loaded, other than by its own past
--   - a client who was looked at on two days
--   - who works on cases of the whole organisation, such as a front desk, within its own past
WITH
strange AS
(
    SELECT *
    FROM opened_by_day(from = {since:String}, to = {to:String}, zone = {zone:String}, grace = {grace:Float64})
    WHERE NOT own_case AND NOT team_case AND actor_kind IN ('person', 'unknown')
),
returned AS
(
    SELECT
        *,
        count() OVER again AS days_of_it,
        sum(changes) OVER again AS changes_of_it,
        sum(pages) OVER again AS pages_of_it,
        min(from_at) OVER again AS first_at
    FROM strange
    WINDOW again AS (PARTITION BY actor, subject_type, subject ORDER BY toUInt32(day) RANGE BETWEEN 27 PRECEDING AND CURRENT ROW)
),
per_day AS
(
    SELECT day, actor, any(actor_kind) AS kind, uniqExact(subject_type, subject) AS clients, min(from_at) AS first_at, max(to_at) AS last_at
    FROM strange
    GROUP BY day, actor
),
many AS
(
    SELECT
        *,
        quantileExact(0.5)(clients) OVER own AS own_middle,
        count() OVER own AS own_days
    FROM per_day
    WINDOW own AS (PARTITION BY actor ORDER BY toUInt32(day) RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING)
)
SELECT
    min(r.day) AS day, r.actor AS actor, any(r.actor_kind) AS actor_kind,
    if(uniqExact(r.subject_type, r.subject) = 1, any(r.subject_type), '') AS subject_type,
    if(uniqExact(r.subject_type, r.subject) = 1, any(r.subject), toFixedString('', 16)) AS subject,
    concat('again ', toString(toStartOfMonth(r.day))) AS about,
    min(r.first_at) AS from_at, max(r.to_at) AS to_at,
    concat(
        'opened ', if(uniqExact(r.subject_type, r.subject) = 1, 'one client', concat(toString(uniqExact(r.subject_type, r.subject)), ' clients, each')),
        ' on ', toString(max(r.days_of_it)), if(uniqExact(r.subject_type, r.subject) = 1, '', ' or fewer'), ' days within four weeks, ', toString(max(r.pages_of_it)), if(uniqExact(r.subject_type, r.subject) = 1, '', ' or fewer'), ' pages, without a change to the record') AS what,
    '' AS compared
FROM returned AS r
WHERE r.day >= {first_day:Date} AND r.day < {end_day:Date} AND r.days_of_it >= {returns:Float64} AND r.changes_of_it = 0
GROUP BY r.actor, about
UNION ALL
SELECT
    day, actor, kind, '', toFixedString('', 16), concat('many ', toString(day)), first_at, last_at,
    concat('opened ', toString(clients), ' clients on one day'),
    concat('; own median ', toString(if(own_days > 0, toUInt64(own_middle), 0)))
FROM many
WHERE day >= {first_day:Date} AND day < {end_day:Date} AND clients >= {least:Float64} AND (own_days = 0 OR clients >= {factor:Float64} * own_middle);

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND opened AND if({subject_type:String} = '', (subject_type, subject) NOT IN (SELECT subject_type, subject FROM caseload_periods WHERE employee = {actor:String}), subject_type = {subject_type:String} AND hex(subject) = upper({subject:String}))
ORDER BY started_at, node, epoch, seq
