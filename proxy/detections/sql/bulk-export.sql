-- id: bulk-export
-- title: Exported or printed far more than usual
-- severity: high
-- window: event
-- looks_back: 35
-- sentence: "exported or printed {clients} clients from {from_at} to {to_at} on {day}; at most {own_most} on a day of the 35 before, {peers} median {peer_median}"
-- parameters:
--   least: {default: 100, means: "clients exported or printed on the day, at least"}
--   factor: {default: 3, means: "times the most of the account's 35 days before"}
--   peers: {default: 3, means: "times the median of the team's days with an export"}
-- cannot_see:
--   - an export in many small parts over weeks
--   - a report of the same size as last month's
--   - what is photographed or copied from the screen
WITH
per_day AS
(
    SELECT
        toDate(started_at, {zone:String}) AS day, actor, any(actor_kind) AS kind,
        uniqExact(subject_type, subject) AS clients, min(started_at) AS first_at, max(started_at) AS last_at
    FROM views_named(from = {since:String}, to = {to:String})
    WHERE action IN ('export', 'print') AND actor != ''
    GROUP BY day, actor
),
placed AS
(
    SELECT p.*, if(s.valid_to > p.day, toString(s.team), '') AS of_team
    FROM per_day AS p
    ASOF LEFT JOIN staff_periods AS s ON p.actor = s.employee AND p.day >= s.valid_from
),
compared AS
(
    SELECT
        *,
        max(clients) OVER own AS most_before,
        quantileExactLow(0.5)(clients) OVER (PARTITION BY of_team) AS peer_middle
    FROM placed
    WINDOW own AS (PARTITION BY actor ORDER BY toUInt32(day) RANGE BETWEEN 35 PRECEDING AND 1 PRECEDING)
)
SELECT
    day, actor, kind AS actor_kind, toString(day) AS about, first_at AS from_at, last_at AS to_at,
    clients, most_before AS own_most, if(of_team = '', 'all accounts', 'team') AS peers, peer_middle AS peer_median
FROM compared
WHERE day >= {first_day:Date} AND day < {end_day:Date}
    AND clients >= {least:Float64}
    AND clients >= {factor:Float64} * most_before
    AND (kind = 'robot' OR clients >= {peers:Float64} * peer_middle OR peer_middle = clients)
ORDER BY clients DESC, actor;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND action IN ('export', 'print')
ORDER BY started_at, node, epoch, seq
