-- Questions that were not asked through the question service, from the server's own log
-- (system.query_log; its values are parameters and do not stand there). It must be kept
-- as long as wanted by the server's configuration. Runs with the rights of who made it.

CREATE OR REPLACE VIEW {database}.asked_of_server
SQL SECURITY DEFINER
AS SELECT
    event_time AS at,
    user,
    toString(address) AS client_address,
    query_kind,
    tables,
    read_rows,
    result_rows,
    exception_code,
    normalizeQuery(query) AS statement,
    query_id
FROM system.query_log
WHERE is_initial_query AND type != 'QueryStart' AND has(databases, '{database}')
COMMENT 'What was asked of the server, whoever asked; statements without their values';

GRANT SELECT ON {database}.asked_of_server TO whosaw_privacy_officer;

GRANT SELECT ON {database}.asked_of_server TO whosaw_auditor
