-- The other side of the account: what passed by the wires' own count, and when a
-- recorder was at work. What was seen must be what was recorded and what is a gap;
-- a node that says nothing is a gap that nobody could write down.

CREATE TABLE IF NOT EXISTS connections
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    application LowCardinality(String) COMMENT 'Application of the rule set' CODEC(ZSTD(1)),
    wire UInt64 COMMENT 'Boot id of the wire that relayed it' CODEC(ZSTD(1)),
    connection UInt64 COMMENT 'Connection on that wire' CODEC(T64, ZSTD(1)),
    opened_at DateTime64(9, 'UTC') COMMENT 'When it was accepted' CODEC(Delta(8), ZSTD(1)),
    ended_at DateTime64(9, 'UTC') COMMENT 'When it was over' CODEC(Delta(8), ZSTD(1)),
    up_bytes UInt64 COMMENT 'Bytes that passed from the browser' CODEC(T64, ZSTD(1)),
    down_bytes UInt64 COMMENT 'Bytes that passed to the browser' CODEC(T64, ZSTD(1)),
    told Bool COMMENT 'The wire gave these totals; else it was gone and they are what arrived' CODEC(ZSTD(1)),
    client_address LowCardinality(String) COMMENT 'Address of the peer' CODEC(ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(ended_at)
ORDER BY (ended_at, wire, connection)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'One row per connection that is over, at least; what reconcile counts against';

CREATE TABLE IF NOT EXISTS heartbeats
(
    node LowCardinality(String) COMMENT 'Sidecar that recorded it' CODEC(ZSTD(1)),
    epoch UInt64 COMMENT 'Incarnation of the journal of that node' CODEC(ZSTD(1)),
    seq UInt64 COMMENT 'Sequence number in the journal; gapless per node and epoch over all tables' CODEC(T64, ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'When the recorder was at work' CODEC(Delta(8), ZSTD(1)),
    wires UInt32 COMMENT 'Wires connected to it' CODEC(ZSTD(1)),
    connections UInt64 COMMENT 'Connections open' CODEC(T64, ZSTD(1)),
    exchanges UInt64 COMMENT 'Exchanges recorded since it started' CODEC(T64, ZSTD(1)),
    INDEX seq_range (epoch, seq) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (node, at)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
COMMENT 'A sign of life of each recorder, once a minute';

CREATE VIEW IF NOT EXISTS silences_in AS
SELECT
    node,
    since AS from_at,
    until AS to_at
FROM
(
    SELECT
        node,
        at AS since,
        leadInFrame(at, 1, least(now64(9, 'UTC'), parseDateTime64BestEffort({to:String}, 9, 'UTC')))
            OVER (PARTITION BY node ORDER BY at ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS until
    FROM heartbeats
    WHERE at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') - INTERVAL 1 DAY
        AND at < parseDateTime64BestEffort({to:String}, 9, 'UTC')
)
WHERE until > since + toIntervalSecond({seconds:UInt32})
    AND until >= parseDateTime64BestEffort({from:String}, 9, 'UTC')
COMMENT 'Times in which a node gave no sign of life for longer than so many seconds: nothing is known about them';

CREATE VIEW IF NOT EXISTS unbalanced_in AS
WITH
    parseDateTime64BestEffort({from:String}, 9, 'UTC') AS since,
    parseDateTime64BestEffort({to:String}, 9, 'UTC') AS until,
    over AS
    (
        SELECT
            wire,
            connection,
            any(application) AS application,
            any(node) AS node,
            min(c.opened_at) AS opened_at,
            max(c.ended_at) AS ended_at,
            max(c.up_bytes) AS up,
            max(c.down_bytes) AS down,
            if(max(c.told), connection, 0) AS account
        FROM connections AS c
        WHERE c.ended_at >= since AND c.ended_at < until
        GROUP BY wire, connection
    ),
    seen AS
    (
        SELECT
            wire,
            account,
            any(application) AS application,
            any(node) AS node,
            min(o.opened_at) AS opened_at,
            max(o.ended_at) AS ended_at,
            sum(o.up) AS seen_up,
            sum(o.down) AS seen_down
        FROM over AS o
        GROUP BY wire, account
    ),
    accounted AS
    (
        SELECT wire, account, sum(up) AS up, sum(down) AS down
        FROM
        (
            SELECT e.wire AS wire, o.account AS account, e.request_bytes AS up, e.response_bytes AS down
            FROM exchanges AS e
            INNER JOIN over AS o ON e.wire = o.wire AND e.connection = o.connection
            WHERE e.started_at >= (SELECT min(opened_at) FROM over) - INTERVAL 1 MINUTE
            UNION ALL
            SELECT g.wire, o.account, g.up_bytes, g.down_bytes
            FROM gaps AS g
            INNER JOIN over AS o ON g.wire = o.wire AND g.connection = o.connection
            UNION ALL
            SELECT wire, 0 AS account, up_bytes, down_bytes
            FROM gaps
            WHERE connection = 0 AND kind = 'wire_lost' AND reason IN ('no_bye', 'bye_with_open_connections')
                AND wire IN (SELECT wire FROM over WHERE account = 0)
        )
        GROUP BY wire, account
    )
SELECT
    s.node AS node,
    s.application AS application,
    s.wire AS wire,
    s.account AS connection,
    s.opened_at AS opened_at,
    s.ended_at AS ended_at,
    s.seen_up AS seen_up,
    s.seen_down AS seen_down,
    a.up AS accounted_up,
    a.down AS accounted_down
FROM seen AS s
LEFT JOIN accounted AS a ON s.wire = a.wire AND s.account = a.account
WHERE seen_up != accounted_up OR seen_down != accounted_down
COMMENT 'Connections that ended in a period and whose bytes are not all inside an exchange or a gap; connection 0: those a lost wire had open, together';
