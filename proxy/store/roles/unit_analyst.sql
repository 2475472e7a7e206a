-- An analyst of some units: what accounts that are in them today did, and nothing of
-- others. Which units, per user, stands in unit_readers. Rows without a name belong to
-- no unit and are not shown; boards with names are not granted, as they read for all.
-- A policy without a condition keeps everybody else as he was: on a server where a
-- policy for one hides the table from others, an auditor would see tampering.

CREATE ROLE IF NOT EXISTS whosaw_unit_analyst;

REVOKE ALL ON *.* FROM whosaw_unit_analyst;

GRANT SELECT ON {database}.who_saw TO whosaw_unit_analyst;

GRANT SELECT ON {database}.seen_by TO whosaw_unit_analyst;

GRANT SELECT ON {database}.gaps_in TO whosaw_unit_analyst;

GRANT SELECT ON {database}.views_in TO whosaw_unit_analyst;

GRANT SELECT ON {database}.erasures TO whosaw_unit_analyst;

GRANT SELECT ON {database}.exchanges TO whosaw_unit_analyst;

GRANT SELECT ON {database}.views TO whosaw_unit_analyst;

GRANT SELECT ON {database}.attributions TO whosaw_unit_analyst;

GRANT SELECT ON {database}.gaps TO whosaw_unit_analyst;

GRANT SELECT ON {database}.unit_accounts TO whosaw_unit_analyst;

CREATE ROW POLICY OR REPLACE whosaw_own_unit ON {database}.views USING actor IN (SELECT employee FROM {database}.unit_accounts WHERE reader = currentUser()) TO whosaw_unit_analyst;

CREATE ROW POLICY OR REPLACE whosaw_own_unit ON {database}.exchanges USING actor IN (SELECT employee FROM {database}.unit_accounts WHERE reader = currentUser()) TO whosaw_unit_analyst;

CREATE ROW POLICY OR REPLACE whosaw_own_unit ON {database}.attributions USING actor IN (SELECT employee FROM {database}.unit_accounts WHERE reader = currentUser()) TO whosaw_unit_analyst;

CREATE ROW POLICY OR REPLACE whosaw_everything ON {database}.views USING 1 TO ALL EXCEPT whosaw_unit_analyst;

CREATE ROW POLICY OR REPLACE whosaw_everything ON {database}.exchanges USING 1 TO ALL EXCEPT whosaw_unit_analyst;

CREATE ROW POLICY OR REPLACE whosaw_everything ON {database}.attributions USING 1 TO ALL EXCEPT whosaw_unit_analyst
