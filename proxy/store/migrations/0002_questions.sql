-- The questions as parameterised views. Times are text that ClickHouse's best effort
-- reads ('2026-01-31', '2026-01-31 09:00:00', '2026-01-31T09:00:00+01:00'), UTC when
-- they name no offset; a period is from (included) to (excluded).
--
-- opened = 1: the record itself was on the screen. 0: it was one in a list, a hit
-- of a search, or named in passing. Ask ORDER BY opened DESC, started_at.

CREATE VIEW IF NOT EXISTS who_saw AS
SELECT
    started_at,
    actor,
    application,
    action,
    action NOT IN ('list', 'search', 'mention') AS opened,
    categories,
    actor_strength,
    actor_scheme,
    actor_reason,
    actor_on_wire,
    rule,
    position,
    client_address,
    subject_type,
    lower(hex(subject)) AS subject_hex,
    subject_key,
    node,
    epoch,
    seq,
    wire,
    connection,
    request_offset
FROM views
WHERE subject IN (
        SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16)
    )
    AND subject_type = {subject_type:String}
    AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
COMMENT 'Which accounts were shown these subjects (pseudonyms, hex) in a period';

CREATE VIEW IF NOT EXISTS seen_by AS
SELECT
    started_at,
    actor,
    application,
    action,
    action NOT IN ('list', 'search', 'mention') AS opened,
    categories,
    actor_strength,
    actor_scheme,
    actor_reason,
    actor_on_wire,
    rule,
    position,
    client_address,
    subject_type,
    lower(hex(subject)) AS subject_hex,
    subject_key,
    node,
    epoch,
    seq,
    wire,
    connection,
    request_offset
FROM views
WHERE actor = {employee:String}
    AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
COMMENT 'Which subjects this account was shown in a period';

CREATE VIEW IF NOT EXISTS gaps_in AS
SELECT
    from_at,
    to_at,
    application,
    kind,
    reason,
    intended,
    connections,
    up_bytes,
    down_bytes,
    client_address,
    node,
    epoch,
    seq
FROM gaps
WHERE from_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    AND to_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
COMMENT 'Gaps that touch a period';

CREATE VIEW IF NOT EXISTS unmapped_in AS
SELECT
    application,
    path,
    extraction,
    extraction_reason,
    count() AS exchanges,
    uniqExact(actor) AS actors,
    min(started_at) AS first_at,
    max(started_at) AS last_at
FROM exchanges
WHERE extraction NOT IN ('recorded', 'nothing_expected')
    AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
GROUP BY application, path, extraction, extraction_reason
COMMENT 'Pages of a period whose records were not, or not all, read: unmapped first of all, and failed, partial, truncated, opaque';

CREATE VIEW IF NOT EXISTS unattributed_in AS
SELECT
    application,
    actor_reason,
    rule,
    count() AS views,
    uniqExact(subject) AS subjects,
    min(started_at) AS first_at,
    max(started_at) AS last_at
FROM views
WHERE actor = ''
    AND started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
    AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
GROUP BY application, actor_reason, rule
COMMENT 'Views of a period without a name, and why';
