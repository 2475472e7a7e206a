-- Views of a period with their names, for exports; and the lines of LDV 1.0.0
-- (Logboek dataverwerkingen): one of each exchange that a rule claims or that may have
-- shown something, and one of each view, its child. No employee and no address is in
-- them. The ids are those that whosaw ldv sends (proxy/ldv).

CREATE VIEW IF NOT EXISTS views_in AS
SELECT
    v.started_at AS started_at,
    arrayExists(t -> t.1 <= v.started_at AND v.started_at < t.2 AND t.3 = '', l.told) AS withdrawn,
    if(withdrawn, '', v.actor) AS actor,
    v.application AS application,
    v.action AS action,
    v.action NOT IN ('list', 'search', 'mention') AS opened,
    v.categories AS categories,
    if(withdrawn, 'none', toString(v.actor_strength)) AS actor_strength,
    if(withdrawn, 'contested', v.actor_reason) AS actor_reason,
    if(withdrawn, 'unknown', toString(v.actor_kind)) AS actor_kind,
    v.actor_scheme AS actor_scheme,
    v.actor_on_wire AS actor_on_wire,
    v.actor_binding AS actor_binding,
    v.actor_session AS actor_session,
    v.rule AS rule,
    v.position AS position,
    v.client_address AS client_address,
    v.subject_type AS subject_type,
    lower(hex(v.subject)) AS subject_hex,
    v.subject_key AS subject_key,
    v.activity AS activity,
    v.trace_id AS trace_id,
    v.ruleset AS ruleset,
    v.node AS node,
    v.epoch AS epoch,
    v.seq AS seq,
    v.wire AS wire,
    v.connection AS connection,
    v.request_offset AS request_offset,
    arrayFirst(t -> t.1 <= v.started_at AND v.started_at < t.2 AND t.3 != '', if(NOT withdrawn AND v.actor = '' AND v.actor_reason = 'unknown_session', l.told, [])) AS hit,
    hit.3 != '' AS learned,
    hit.3 AS learned_actor,
    if(learned, hit.4, 'none') AS learned_strength,
    hit.5 AS learned_scheme,
    hit.6 AS learned_binding,
    if(learned, hit.7, 'unknown') AS learned_kind
FROM views AS v
LEFT JOIN
(
    SELECT
        application,
        actor_session,
        if(about = '', node, about) AS about_node,
        arraySort(t -> t.2, groupArray((from_at, to_at, toString(actor), toString(actor_strength), toString(actor_scheme), toString(actor_binding), toString(actor_kind)))) AS told
    FROM attributions
    WHERE to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    GROUP BY application, actor_session, about_node
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.node = l.about_node
WHERE v.started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND v.started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
COMMENT 'Every view of a period, with the name as the questions have it';

CREATE VIEW IF NOT EXISTS ldv_lines AS
SELECT
    if(trace_id != '', trace_id, lower(hex(substring(SHA256(concat('trace ', exchange)), 1, 16)))) AS trace_id,
    lower(hex(substring(SHA256(concat('exchange ', exchange)), 1, 8))) AS span_id,
    parent_span AS parent_span_id,
    multiIf(e.status = 0 OR e.status >= 500, 'Error', e.status >= 400, 'Unset', 'Ok') AS status,
    if(rule = '', 'handle request', rule) AS name,
    toUnixTimestamp64Milli(started_at) AS start_time,
    toUnixTimestamp64Milli(ended_at) AS end_time,
    map('service.name', toString(application), 'service.instance.id', toString(node)) AS resource,
    mapFilter((k, v) -> v != '', map(
        'dpl.core.processing_activity_id', if(activity = '', 'urn:whosaw:activity:unknown', toString(activity)),
        'dpl.core.foreign_operation.processor', toString(processor),
        'exception.message', multiIf(e.status = 0, 'no response', e.status >= 500, concat('HTTP ', toString(e.status)), '')
    )) AS attributes,
    node,
    epoch,
    seq
FROM
(
    SELECT *, concat(node, ' ', toString(wire), ' ', toString(connection), ' ', toString(request_offset)) AS exchange
    FROM exchanges
    WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
        AND (rule != '' OR extraction != 'nothing_expected')
) AS e
UNION ALL
SELECT
    if(trace_id != '', trace_id, lower(hex(substring(SHA256(concat('trace ', exchange)), 1, 16)))),
    lower(hex(substring(SHA256(concat('view ', node, ' ', toString(epoch), ' ', toString(seq))), 1, 8))),
    lower(hex(substring(SHA256(concat('exchange ', exchange)), 1, 8))),
    'Ok',
    concat(toString(action), ' ', subject_type),
    toUnixTimestamp64Milli(started_at),
    toUnixTimestamp64Milli(started_at),
    map('service.name', toString(application), 'service.instance.id', toString(node)),
    map(
        'dpl.core.processing_activity_id', if(activity = '', 'urn:whosaw:activity:unknown', toString(activity)),
        'dpl.core.data_subject_id', lower(hex(subject)),
        'dpl.core.data_subject_id_type', toString(subject_type),
        'whosaw.subject_key', toString(subject_key)
    ),
    node,
    epoch,
    seq
FROM
(
    SELECT *, concat(node, ' ', toString(wire), ' ', toString(connection), ' ', toString(request_offset)) AS exchange
    FROM views
    WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
)
COMMENT 'Lines of LDV 1.0.0 of a period: no employee, one line per subject';
