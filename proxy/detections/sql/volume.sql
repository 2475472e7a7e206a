-- id: volume
-- title: Far more clients than usual
-- severity: medium
-- window: day
-- looks_back: 28
-- sentence: "viewed {clients} clients on {day}; own median {own_median}, {peers} {peer_median}"
-- parameters:
--   least: {default: 60, means: "clients opened on the day, at least"}
--   factor: {default: 4, means: "times the own median and the median of the team that day"}
--   days: {default: 5, means: "days of work before that make an own median"}
-- cannot_see:
--   - somebody who views a few clients more every week
--   - an account that viewed as much on one of its 28 days before
--   - clients in lists and search results; exports, which bulk-export counts
WITH
per_day AS
(
    SELECT day, actor, any(actor_kind) AS kind, any(team) AS of_team, uniqExact(subject) AS clients, min(from_at) AS first_at, max(to_at) AS last_at
    FROM opened_by_day(from = {since:String}, to = {to:String}, zone = {zone:String}, grace = 0)
    GROUP BY day, actor
),
compared AS
(
    SELECT
        *,
        kind IN ('person', 'unknown') AS is_person,
        quantileExact(0.5)(clients) OVER own AS own_middle,
        max(clients) OVER own AS own_most,
        count() OVER own AS own_days,
        quantileExactLowIf(0.5)(clients, is_person) OVER peers AS peer_middle,
        countIf(is_person) OVER peers AS peer_accounts
    FROM per_day
    WINDOW own AS (PARTITION BY actor ORDER BY toUInt32(day) RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING),
        peers AS (PARTITION BY of_team, day)
)
SELECT
    day, actor, kind AS actor_kind, toString(day) AS about, first_at AS from_at, last_at AS to_at,
    clients,
    if(own_days > 0, toUInt64(own_middle), 0) AS own_median,
    if(of_team = '', 'all accounts', 'team') AS peers,
    toUInt64(peer_middle) AS peer_median
FROM compared
WHERE day >= {first_day:Date} AND day < {end_day:Date}
    AND clients >= {least:Float64}
    AND if(own_days >= {days:Float64}, clients >= {factor:Float64} * own_middle AND clients > own_most, is_person)
    AND (NOT is_person OR peer_accounts < 2 OR clients >= {factor:Float64} * peer_middle)
ORDER BY clients DESC, actor, day;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND opened AND action != 'export'
ORDER BY started_at, node, epoch, seq
