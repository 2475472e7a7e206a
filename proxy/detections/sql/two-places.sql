-- id: two-places
-- title: One session from two places
-- severity: high
-- window: event
-- looks_back: 0
-- sentence: "one session was used from {places} by turns, {switches} times within {minutes|minute} of each other, from {from_at} to {to_at} on {day}"
-- parameters:
--   minutes: {default: 10, means: "minutes between two requests of a session from two places, at most"}
--   switches: {default: 3, means: "changes of place, at least: one is a move, two a visit"}
--   trusted: {default: [], means: "networks whose addresses are one place, such as gateways that share their load (10.0.0.0/8)"}
-- cannot_see:
--   - two people behind one address, or in one network (the first 24 bits of an IPv4 address, 48 of an IPv6 one)
--   - a session that moved once
--   - applications without sessions
WITH
asked AS
(
    SELECT
        application, actor_session, started_at, seq, actor, actor_kind,
        multiIf(
            arrayExists(n -> isIPAddressInRange(if(isIPv4String(client_address) OR isIPv6String(client_address), toString(client_address), '0.0.0.0'), n), {trusted:Array(String)}), 'a trusted network',
            isIPv4String(client_address), IPv4NumToStringClassC(IPv4StringToNumOrDefault(client_address)),
            isIPv6String(client_address), concat(lower(hex(substring(IPv6StringToNumOrDefault(client_address), 1, 6))), '::'),
            toString(client_address)) AS place
    FROM exchanges
    WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
        AND actor_session != ''
),
moved AS
(
    SELECT
        *,
        lagInFrame(place, 1, place) OVER turn AS place_before,
        lagInFrame(started_at, 1, started_at) OVER turn AS at_before
    FROM asked
    WINDOW turn AS (PARTITION BY application, actor_session ORDER BY started_at, seq ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
SELECT
    toDate(min(at_before), {zone:String}) AS day, max(actor) AS actor, argMax(m.actor_kind, m.actor != '') AS actor_kind, m.application AS application,
    concat(toString(m.application), ' ', m.actor_session) AS about, min(at_before) AS from_at, max(started_at) AS to_at,
    arraySort(groupUniqArray(10)(place)) AS places,
    count() AS switches,
    toUInt64({minutes:Float64}) AS minutes
FROM moved AS m
WHERE place != place_before AND dateDiff('second', at_before, started_at) <= 60 * {minutes:Float64}
GROUP BY m.actor_session, m.application
HAVING switches >= {switches:Float64}
ORDER BY from_at, about;

SELECT started_at, application, method, path, status, actor, client_address, views, node, epoch, seq
FROM exchanges
WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    AND concat(toString(application), ' ', actor_session) = {about:String}
ORDER BY started_at, node, epoch, seq
