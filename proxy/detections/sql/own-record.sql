-- id: own-record
-- title: The own record, or a colleague's
-- severity: high
-- window: event
-- looks_back: 28
-- needs: staff
-- sentence: "opened {whose} record, {pages|page} from {from_at} to {to_at} on {day}"
-- parameters:
--   usual: {default: 2, means: "clients without a case on one of 20 days before, on average; an account with as many meets colleagues by its work, and is told of only for its own record and its own team's"}
-- cannot_see:
--   - records of employees whose own ids are not in the staff file
--   - a colleague's record that is a case of the account or its team, or in which the account changed something
--   - partners, parents and neighbours
WITH
opened AS
(
    SELECT *
    FROM opened_by_day(from = {since:String}, to = {to:String}, zone = {zone:String}, grace = 0)
    WHERE actor_kind IN ('person', 'unknown')
),
used_to AS
(
    SELECT actor, count() / 20 AS usual
    FROM opened
    WHERE day < {first_day:Date} AND NOT own_case AND NOT team_case
    GROUP BY actor
)
SELECT
    o.day AS day, o.actor AS actor, o.actor_kind AS actor_kind, o.subject_type AS subject_type, o.subject AS subject,
    toString(o.day) AS about, o.from_at AS from_at, o.to_at AS to_at,
    multiIf(countIf(p.employee = o.actor) > 0, 'the own', countIf(p.team != '' AND p.team = o.team) > 0, 'a close colleague''s', 'a colleague''s') AS whose,
    any(o.pages) AS pages
FROM opened AS o
LEFT JOIN used_to AS u ON o.actor = u.actor
INNER JOIN
(
    SELECT employee, team, valid_from, valid_to, their.type AS own_type, their.subject AS own_subject
    FROM staff_periods
    ARRAY JOIN own AS their
) AS p ON o.subject_type = p.own_type AND o.subject = p.own_subject
WHERE o.day >= {first_day:Date} AND p.valid_from <= o.day AND o.day < p.valid_to
    AND (p.employee = o.actor OR NOT o.own_case AND NOT o.team_case AND o.changes = 0
        AND (u.usual < {usual:Float64} OR p.team != '' AND p.team = o.team))
GROUP BY day, actor, actor_kind, subject_type, subject, from_at, to_at
ORDER BY from_at, actor;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND subject_type = {subject_type:String} AND hex(subject) = upper({subject:String}) AND opened
ORDER BY started_at, node, epoch, seq
