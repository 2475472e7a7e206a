-- Names across nodes: a row of attributions may be about another node's exchanges, and
-- one without a name takes back what was recorded or learned. Both questions obey:
-- an account whose name was taken back is not named, and says contested.

ALTER TABLE attributions ADD COLUMN IF NOT EXISTS about LowCardinality(String) DEFAULT '' COMMENT 'Node whose exchanges these are; empty: the node of this row' CODEC(ZSTD(1)) AFTER actor_kind;

CREATE OR REPLACE VIEW who_saw AS
SELECT
    v.started_at AS started_at,
    w.to_at > v.started_at AND w.from_at <= v.started_at AS withdrawn,
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
    NOT withdrawn AND v.actor = '' AND v.actor_reason = 'unknown_session' AND l.to_at > v.started_at AND l.from_at <= v.started_at AS learned,
    if(learned, l.actor, '') AS learned_actor,
    if(learned, toString(l.actor_strength), 'none') AS learned_strength,
    if(learned, l.actor_scheme, '') AS learned_scheme,
    if(learned, l.actor_binding, '') AS learned_binding,
    if(learned, toString(l.actor_kind), 'unknown') AS learned_kind
FROM
(
    SELECT started_at, actor, application, action, categories, actor_strength, actor_scheme, actor_reason, actor_on_wire, actor_binding, actor_session, actor_kind, rule, position, client_address, subject_type, subject, subject_key, node, epoch, seq, wire, connection, request_offset
    FROM views
    WHERE subject IN (
            SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16)
        )
        AND subject_type = {subject_type:String}
        AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS v
ASOF LEFT JOIN
(
    SELECT application, actor_session, if(about = '', node, about) AS about_node, from_at, to_at, actor, actor_strength, actor_scheme, actor_binding, actor_kind
    FROM attributions
    WHERE actor != ''
        AND to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.node = l.about_node AND v.started_at < l.to_at
ASOF LEFT JOIN
(
    SELECT application, actor_session, if(about = '', node, about) AS about_node, from_at, to_at
    FROM attributions
    WHERE actor = ''
        AND to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS w
    ON v.application = w.application AND v.actor_session = w.actor_session AND v.node = w.about_node AND v.started_at < w.to_at
COMMENT 'Which accounts were shown these subjects (pseudonyms, hex) in a period';

CREATE OR REPLACE VIEW seen_by AS
SELECT
    v.started_at AS started_at,
    v.actor AS actor,
    v.application AS application,
    v.action AS action,
    v.action NOT IN ('list', 'search', 'mention') AS opened,
    v.categories AS categories,
    toString(v.actor_strength) AS actor_strength,
    v.actor_reason AS actor_reason,
    toString(v.actor_kind) AS actor_kind,
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
    false AS learned,
    '' AS learned_actor,
    'none' AS learned_strength,
    '' AS learned_scheme,
    '' AS learned_binding,
    'unknown' AS learned_kind
FROM
(
    SELECT started_at, actor, application, action, categories, actor_strength, actor_scheme, actor_reason, actor_on_wire, actor_binding, actor_session, actor_kind, rule, position, client_address, subject_type, subject, subject_key, node, epoch, seq, wire, connection, request_offset
    FROM views
    WHERE actor = {employee:String}
        AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS v
ASOF LEFT JOIN
(
    SELECT application, actor_session, if(about = '', node, about) AS about_node, from_at, to_at
    FROM attributions
    WHERE actor = ''
        AND to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS w
    ON v.application = w.application AND v.actor_session = w.actor_session AND v.node = w.about_node AND v.started_at < w.to_at
WHERE NOT (w.to_at > v.started_at AND w.from_at <= v.started_at)
UNION ALL
SELECT
    v.started_at AS started_at,
    v.actor AS actor,
    v.application AS application,
    v.action AS action,
    v.action NOT IN ('list', 'search', 'mention') AS opened,
    v.categories AS categories,
    toString(v.actor_strength) AS actor_strength,
    v.actor_reason AS actor_reason,
    toString(v.actor_kind) AS actor_kind,
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
    true AS learned,
    l.actor AS learned_actor,
    toString(l.actor_strength) AS learned_strength,
    l.actor_scheme AS learned_scheme,
    l.actor_binding AS learned_binding,
    toString(l.actor_kind) AS learned_kind
FROM
(
    SELECT started_at, actor, application, action, categories, actor_strength, actor_scheme, actor_reason, actor_on_wire, actor_binding, actor_session, actor_kind, rule, position, client_address, subject_type, subject, subject_key, node, epoch, seq, wire, connection, request_offset
    FROM views
    WHERE actor = ''
        AND actor_reason = 'unknown_session'
        AND actor_session IN (
            SELECT actor_session
            FROM attributions
            WHERE actor = {employee:String} AND actor != ''
        )
        AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS v
ASOF INNER JOIN
(
    SELECT application, actor_session, if(about = '', node, about) AS about_node, from_at, to_at, actor, actor_strength, actor_scheme, actor_binding, actor_kind
    FROM attributions
    WHERE actor = {employee:String} AND actor != ''
        AND to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS l
    ON v.application = l.application AND v.actor_session = l.actor_session AND v.node = l.about_node AND v.started_at < l.to_at
ASOF LEFT JOIN
(
    SELECT application, actor_session, if(about = '', node, about) AS about_node, from_at, to_at
    FROM attributions
    WHERE actor = ''
        AND to_at > parseDateTime64BestEffort({from:String}, 9, 'UTC')
        AND from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
) AS w
    ON v.application = w.application AND v.actor_session = w.actor_session AND v.node = w.about_node AND v.started_at < w.to_at
WHERE l.from_at <= v.started_at
    AND NOT (w.to_at > v.started_at AND w.from_at <= v.started_at)
COMMENT 'Which subjects this account was shown in a period';
