-- Who verifies: seals, and every row they cover, because a leaf is made of its values;
-- what was erased, held and forgotten. No id of a client, even encrypted; no list of
-- clients that are watched.

CREATE ROLE IF NOT EXISTS whosaw_auditor;

REVOKE ALL ON *.* FROM whosaw_auditor;

GRANT SELECT ON {database}.seals TO whosaw_auditor;

GRANT SELECT ON {database}.seal_seeds TO whosaw_auditor;

GRANT SELECT ON {database}.exchanges TO whosaw_auditor;

GRANT SELECT ON {database}.views TO whosaw_auditor;

GRANT SELECT ON {database}.sessions TO whosaw_auditor;

GRANT SELECT ON {database}.gaps TO whosaw_auditor;

GRANT SELECT ON {database}.attributions TO whosaw_auditor;

GRANT SELECT ON {database}.connections TO whosaw_auditor;

GRANT SELECT ON {database}.heartbeats TO whosaw_auditor;

GRANT SELECT ON {database}.crosswalk TO whosaw_auditor;

GRANT SELECT ON {database}.captures TO whosaw_auditor;

GRANT SELECT ON {database}.inquiries TO whosaw_auditor;

GRANT SELECT(node, epoch, seq, application, at, subject_type, subject, subject_key, recovery_key) ON {database}.subjects TO whosaw_auditor;

GRANT SELECT ON {database}.board_seals TO whosaw_auditor;

GRANT SELECT ON {database}.holds TO whosaw_auditor;

GRANT SELECT ON {database}.holds_in_force TO whosaw_auditor;

GRANT SELECT ON {database}.erasures TO whosaw_auditor;

GRANT SELECT ON {database}.forgotten TO whosaw_auditor;

GRANT SELECT ON {database}.migrations TO whosaw_auditor
