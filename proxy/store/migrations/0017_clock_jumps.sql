-- A wall clock that was set: numbers go on as before, times do not. A wire tells what
-- makes its monotonic time a wall time when it begins to talk to a recorder, and each
-- heartbeat has the clock of its moment: both show when it was moved.

CREATE VIEW IF NOT EXISTS clock_jumps_in AS
SELECT
    node,
    epoch,
    seq,
    seen_at,
    moved_seconds,
    seen_by
FROM
(
    SELECT
        node,
        epoch,
        seq,
        at AS seen_at,
        (offset - before) / 1e9 AS moved_seconds,
        'wire' AS seen_by
    FROM
    (
        SELECT
            node,
            epoch,
            seq,
            at,
            offset,
            monotonic,
            lagInFrame(offset, 1, offset) OVER w AS before,
            lagInFrame(monotonic, 1, monotonic) OVER w AS monotonic_before
        FROM
        (
            SELECT
                node,
                epoch,
                toUnixTimestamp64Nano(started_at) - monotonic_ns AS offset,
                min(e.seq) AS seq,
                argMin(e.started_at, e.seq) AS at,
                argMin(e.monotonic_ns, e.seq) AS monotonic
            FROM exchanges AS e
            WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') - INTERVAL 1 DAY
                AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
            GROUP BY node, epoch, wire, offset
        )
        WINDOW w AS (PARTITION BY node, epoch ORDER BY seq ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    -- After a start of the host monotonic time begins again: that is no jump.
    WHERE abs(offset - before) > 1000000000 AND monotonic > monotonic_before - 60000000000
    UNION ALL
    SELECT
        node,
        epoch,
        seq,
        at AS seen_at,
        (toUnixTimestamp64Nano(at) - toUnixTimestamp64Nano(before)) / 1e9 AS moved_seconds,
        'heartbeat' AS seen_by
    FROM
    (
        SELECT
            node,
            epoch,
            seq,
            at,
            lagInFrame(at, 1, at) OVER (PARTITION BY node, epoch ORDER BY seq ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM heartbeats
        WHERE at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') - INTERVAL 1 DAY
            AND at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
    )
    WHERE at < before
)
WHERE seen_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
COMMENT 'Where a clock was moved: from this number on times are earlier or later by so much; backwards by heartbeats at least'
