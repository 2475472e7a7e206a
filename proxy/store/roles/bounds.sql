-- How much who only reads may take; the bounds of whosaw_reader in
-- deploy/clickhouse/users.xml.

CREATE SETTINGS PROFILE OR REPLACE whosaw_reading SETTINGS readonly = 2 CONST, allow_ddl = 0 CONST, allow_introspection_functions = 0, max_memory_usage = 4000000000 MAX 4000000000, max_execution_time = 60 MIN 1 MAX 60, max_rows_to_read = 20000000000 MAX 20000000000, max_result_rows = 1000000 MAX 1000000 TO whosaw_analyst, whosaw_unit_analyst, whosaw_dashboard, whosaw_auditor
