-- id: unattributed-access
-- title: Records opened without a name
-- severity: medium
-- window: day
-- looks_back: 0
-- sentence: "{clients} clients were opened from one address on {day} and nobody is known to have done it ({reasons}), from {from_at} to {to_at}"
-- parameters:
--   least: {default: 10, means: "clients opened without a name from one address on one day, at least"}
-- cannot_see:
--   - accounts behind an address that many share, one by one
--   - a wrong name
--   - what stands in gaps and unread pages
SELECT
    toDate(started_at, {zone:String}) AS day, '' AS actor, 'unknown' AS actor_kind, v.application AS application,
    concat(toString(v.application), ' ', client_address, ' ', toString(day)) AS about,
    min(started_at) AS from_at, max(started_at) AS to_at,
    uniqExact(subject_type, subject) AS clients,
    arraySort(groupUniqArray(5)(actor_reason)) AS reasons
FROM views_named(from = {from:String}, to = {to:String}) AS v
WHERE v.actor = '' AND v.opened
GROUP BY day, v.application, client_address
HAVING clients >= {least:Float64}
ORDER BY clients DESC, about;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = '' AND opened AND concat(toString(application), ' ', client_address, ' ', {day:String}) = {about:String}
ORDER BY started_at, node, epoch, seq
