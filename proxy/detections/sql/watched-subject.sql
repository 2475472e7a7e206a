-- id: watched-subject
-- title: A watched record was opened
-- severity: high
-- window: event
-- looks_back: 0
-- needs: watchlist
-- sentence: "opened a watched record ({reasons}), {pages|page} from {from_at} to {to_at} on {day}, without its case"
-- parameters:
--   changed: {default: 0, means: "1 also tells of accounts that changed something in the record, as who works on it does"}
-- cannot_see:
--   - a record that is on no list
--   - whether a case was assigned by word of mouth
--   - who changes something in the record, unless the thresholds say so
--   - a watched client in a list or a search result that was not opened
SELECT
    o.day AS day, o.actor AS actor, o.actor_kind AS actor_kind, o.subject_type AS subject_type, o.subject AS subject,
    toString(o.day) AS about, o.from_at AS from_at, o.to_at AS to_at,
    arraySort(groupUniqArray(w.reason)) AS reasons,
    any(o.pages) AS pages
FROM opened_by_day(from = {from:String}, to = {to:String}, zone = {zone:String}, grace = 0) AS o
INNER JOIN watchlist_periods AS w ON o.subject_type = w.subject_type AND o.subject = w.subject
WHERE w.valid_from <= o.day AND o.day < w.valid_to AND NOT o.own_case AND o.actor_kind != 'robot'
    AND (o.changes = 0 OR {changed:Float64} > 0)
GROUP BY day, actor, actor_kind, subject_type, subject, from_at, to_at
ORDER BY from_at, actor;

SELECT started_at, application, action, subject_type, subject, client_address, node, epoch, seq
FROM views_named(from = {from:String}, to = {to:String})
WHERE actor = {actor:String} AND subject_type = {subject_type:String} AND hex(subject) = upper({subject:String}) AND opened
ORDER BY started_at, node, epoch, seq
