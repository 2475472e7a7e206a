-- id: outside-hours
-- title: At work outside working hours
-- severity: medium
-- window: day
-- looks_back: 28
-- reads_on: 6
-- sentence: "opened {clients} clients from {from_at} to {to_at} in the night or free time of {day}, outside working hours{whose}; on {own_nights} of its {own_days} days before"
-- parameters:
--   least: {default: 5, means: "clients opened outside working hours, at least; own cases do not count when a caseload is loaded"}
--   usual: {default: 0.1, means: "share of its days on which an account may work outside hours and is used to it"}
--   days: {default: 5, means: "days of work before that tell what an account is used to; with fewer its team tells"}
--   margin: {default: 60, means: "minutes before and after working hours that do not count"}
-- cannot_see:
--   - who works at night every tenth night, or in shifts that nobody entered as a schedule
--   - the own cases of an account, when a caseload is loaded; exports, which bulk-export counts
WITH
hours AS
(
    SELECT h.1 AS of_schedule, h.2 - 60 * {margin:Float64} AS begins, h.3 + 60 * {margin:Float64} AS ends
    FROM (SELECT arrayJoin(arrayZip({schedules:Array(String)}, {begins:Array(Int64)}, {ends:Array(Int64)})) AS h)
),
cases AS (SELECT count() > 0 AS loaded FROM caseload),
opened AS
(
    SELECT started_at, toUnixTimestamp(started_at) AS at, toDate(started_at - toIntervalHour(6), {zone:String}) AS night, actor, actor_kind, subject_type, subject
    FROM views_named(from = {since:String}, to = {later:String})
    WHERE opened AND action != 'export' AND actor != '' AND actor_kind IN ('person', 'unknown')
),
placed AS
(
    SELECT o.*, if(s.valid_to > o.night, toString(s.team), '') AS team, if(s.valid_to > o.night AND has({schedules:Array(String)}, toString(s.schedule)), toString(s.schedule), '') AS schedule
    FROM opened AS o
    ASOF LEFT JOIN staff_periods AS s ON o.actor = s.employee AND o.night >= s.valid_from
),
judged AS
(
    SELECT p.*, NOT (h.ends > p.at AND h.begins > 0) AS outside
    FROM placed AS p
    ASOF LEFT JOIN hours AS h ON p.schedule = h.of_schedule AND p.at >= h.begins
),
per_night AS
(
    SELECT
        night, actor, any(j.actor_kind) AS kind, any(j.team) AS of_team,
        uniqExactIf((j.subject_type, j.subject), outside AND c.subject_type = '') AS clients,
        countIf(outside) > 0 AS was_outside,
        minIf(started_at, outside AND c.subject_type = '') AS first_at,
        maxIf(started_at, outside AND c.subject_type = '') AS last_at
    FROM judged AS j
    LEFT JOIN (SELECT DISTINCT employee, subject_type, subject FROM caseload_periods) AS c
        ON j.actor = c.employee AND j.subject_type = c.subject_type AND j.subject = c.subject
    GROUP BY night, actor
),
compared AS
(
    SELECT
        *,
        count() OVER own AS days_before,
        sum(was_outside) OVER own AS nights_before,
        sum(was_outside) OVER theirs AS team_nights,
        count() OVER theirs AS team_days
    FROM per_night
    WINDOW own AS (PARTITION BY actor ORDER BY toUInt32(night) RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING),
        theirs AS (PARTITION BY of_team ORDER BY toUInt32(night) RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING)
)
SELECT
    night AS day, actor, kind AS actor_kind, toString(night) AS about, first_at AS from_at, last_at AS to_at,
    clients, nights_before AS own_nights, days_before AS own_days,
    if((SELECT loaded FROM cases), ', none its own case', '') AS whose
FROM compared
WHERE night >= {first_day:Date} AND night < {end_day:Date}
    AND clients >= {least:Float64}
    AND if(days_before >= {days:Float64}, nights_before < {usual:Float64} * days_before OR nights_before = 0, team_nights < {usual:Float64} * team_days OR team_nights = 0)
ORDER BY from_at, actor;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND opened
ORDER BY started_at, node, epoch, seq
