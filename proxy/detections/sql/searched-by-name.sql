-- id: searched-by-name
-- title: Searched by name, then opened without a case
-- severity: medium
-- window: day
-- looks_back: 28
-- needs: caseload
-- sentence: "searched for a client and opened {pages|page} of the record within {minutes|minute}, from {from_at} to {to_at} on {day}; it is no case of the account or its team, and nothing was changed"
-- parameters:
--   pages: {default: 4, means: "pages of the record that were opened, at least: one is a slip of the mouse"}
--   usual: {default: 2, means: "clients without a case on one of 20 days before, on average; an account with as many is used to them, as a front desk is"}
--   within: {default: 10, means: "minutes between search and opening, at most"}
--   grace: {default: 7, means: "days before and after a case in which it counts as one"}
--   terms: {default: [], means: "names of the search terms that are a person's name; none given means every search"}
-- cannot_see:
--   - searches of rules that have no search rule, and terms that a rule set does not note
--   - a look at fewer pages; whoever opens clients without a case every day
--   - who changes something in the record
WITH
strange AS
(
    SELECT *
    FROM opened_by_day(from = {since:String}, to = {to:String}, zone = {zone:String}, grace = {grace:Float64})
    WHERE NOT own_case AND NOT team_case AND actor_kind IN ('person', 'unknown')
),
per_day AS
(
    SELECT
        actor, day, count() AS clients,
        sum(clients) OVER (PARTITION BY actor ORDER BY toUInt32(day) RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING) / 20 AS usual
    FROM strange
    GROUP BY actor, day
),
candidates AS
(
    SELECT s.*
    FROM strange AS s
    INNER JOIN per_day AS d ON s.actor = d.actor AND s.day = d.day
    WHERE s.day >= {first_day:Date} AND changes = 0 AND pages >= {pages:Float64} AND d.usual < {usual:Float64}
),
hits AS
(
    SELECT actor, subject_type, subject, started_at AS searched_at
    FROM views_named(from = {from:String}, to = {to:String})
    WHERE action = 'search' AND actor != ''
        AND subject IN (SELECT subject FROM candidates)
        AND (empty({terms:Array(String)}) OR (wire, connection, request_offset) IN
            (
                SELECT wire, connection, request_offset
                FROM exchanges
                WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
                    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
                    AND arrayExists(t -> has({terms:Array(String)}, t.1), context)
            ))
)
SELECT
    c.day AS day, c.actor AS actor, c.actor_kind AS actor_kind, c.subject_type AS subject_type, c.subject AS subject,
    toString(c.day) AS about, c.from_at AS from_at, c.to_at AS to_at,
    any(c.pages) AS pages,
    greatest(1, toUInt64(ceil(dateDiff('second', max(h.searched_at), c.from_at) / 60))) AS minutes
FROM candidates AS c
INNER JOIN hits AS h ON c.actor = h.actor AND c.subject_type = h.subject_type AND c.subject = h.subject
WHERE h.searched_at <= c.from_at AND h.searched_at >= c.from_at - toIntervalSecond(toUInt64(60 * {within:Float64}))
GROUP BY day, actor, actor_kind, subject_type, subject, from_at, to_at
ORDER BY from_at, actor;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND subject_type = {subject_type:String} AND hex(subject) = upper({subject:String})
ORDER BY started_at, node, epoch, seq
