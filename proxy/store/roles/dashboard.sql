-- Everyday boards: aggregates. No account by its name, no subject. The same list as
-- the user grafana_everyday has in deploy/clickhouse/users.xml.

CREATE ROLE IF NOT EXISTS whosaw_dashboard;

REVOKE ALL ON *.* FROM whosaw_dashboard;

GRANT SELECT ON {database}.board_hours TO whosaw_dashboard;

GRANT SELECT ON {database}.board_days TO whosaw_dashboard;

GRANT SELECT ON {database}.board_pages TO whosaw_dashboard;

GRANT SELECT ON {database}.board_applications TO whosaw_dashboard;

GRANT SELECT ON {database}.board_gaps TO whosaw_dashboard;

GRANT SELECT ON {database}.board_seals TO whosaw_dashboard;

GRANT SELECT ON {database}.board_findings TO whosaw_dashboard
