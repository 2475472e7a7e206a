-- Both questions with one join: what was told of a session later, and taken back, is
-- one list per session, and each view looks for its moment in it. They read the rows
-- of a subject by offset in small parts, too: the engine would use the projection
-- only in parts of a million rows.
--
-- The views ending in _as_of answer by what was known before a moment: names told and
-- pairs of ids found after it are left out.

CREATE OR REPLACE VIEW who_saw AS
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
WHERE v.subject IN (
        SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16)
    )
    AND ({subject_type:String} = '' OR v.subject_type = {subject_type:String})
    AND v.started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND v.started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
SETTINGS min_table_rows_to_use_projection_index = 0
COMMENT 'Which accounts were shown these subjects (pseudonyms, hex) in a period; an empty subject_type is any';

CREATE OR REPLACE VIEW who_saw_as_of AS
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
        AND at < parseDateTime64BestEffort({as_of:String}, 9, 'UTC')
    GROUP BY application, actor_session, about_node
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.node = l.about_node
WHERE v.subject IN (
        SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16)
    )
    AND ({subject_type:String} = '' OR v.subject_type = {subject_type:String})
    AND v.started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND v.started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
SETTINGS min_table_rows_to_use_projection_index = 0
COMMENT 'As who_saw, by what was known before a moment';

CREATE OR REPLACE VIEW seen_by AS
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
WHERE (
        v.actor = {employee:String}
        OR (
            v.actor = ''
            AND v.actor_reason = 'unknown_session'
            AND v.actor_session IN (SELECT actor_session FROM attributions WHERE actor = {employee:String})
        )
    )
    AND v.started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND v.started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    AND NOT withdrawn
    AND if(learned, learned_actor, v.actor) = {employee:String}
SETTINGS min_table_rows_to_use_projection_index = 0
COMMENT 'Which subjects this account was shown in a period';

CREATE OR REPLACE VIEW seen_by_as_of AS
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
        AND at < parseDateTime64BestEffort({as_of:String}, 9, 'UTC')
    GROUP BY application, actor_session, about_node
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.node = l.about_node
WHERE (
        v.actor = {employee:String}
        OR (
            v.actor = ''
            AND v.actor_reason = 'unknown_session'
            AND v.actor_session IN (SELECT actor_session FROM attributions WHERE actor = {employee:String})
        )
    )
    AND v.started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND v.started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    AND NOT withdrawn
    AND if(learned, learned_actor, v.actor) = {employee:String}
SETTINGS min_table_rows_to_use_projection_index = 0
COMMENT 'As seen_by, by what was known before a moment';

CREATE OR REPLACE VIEW paired_with_as_of AS
SELECT
    id_type,
    lower(hex(id)) AS id_hex,
    paired_type,
    lower(hex(paired)) AS paired_hex,
    groupUniqArray(10)(source) AS sources,
    groupUniqArray(10)(application) AS applications,
    min(at) AS first_at,
    max(at) AS last_at
FROM
(
    SELECT one_type AS id_type, one AS id, other_type AS paired_type, other AS paired, source, application, at
    FROM crosswalk
    WHERE one IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))
        AND at < parseDateTime64BestEffort({as_of:String}, 9, 'UTC')
    UNION ALL
    SELECT other_type, other, one_type, one, source, application, at
    FROM crosswalk
    WHERE other IN (SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))
        AND at < parseDateTime64BestEffort({as_of:String}, 9, 'UTC')
)
GROUP BY id_type, id, paired_type, paired
COMMENT 'As paired_with, by what pages and files had said before a moment';
