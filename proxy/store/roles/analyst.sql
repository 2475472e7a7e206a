-- Who investigates: every question, with accounts and pseudonyms. Views run with the
-- rights of who asks, so what they read is granted, too. No id of a client, no copy of
-- traffic, nothing of other people's questions.

CREATE ROLE IF NOT EXISTS whosaw_analyst;

REVOKE ALL ON *.* FROM whosaw_analyst;

GRANT SELECT ON {database}.who_saw TO whosaw_analyst;

GRANT SELECT ON {database}.who_saw_as_of TO whosaw_analyst;

GRANT SELECT ON {database}.seen_by TO whosaw_analyst;

GRANT SELECT ON {database}.seen_by_as_of TO whosaw_analyst;

GRANT SELECT ON {database}.paired_with TO whosaw_analyst;

GRANT SELECT ON {database}.paired_with_as_of TO whosaw_analyst;

GRANT SELECT ON {database}.crosswalk_conflicts TO whosaw_analyst;

GRANT SELECT ON {database}.gaps_in TO whosaw_analyst;

GRANT SELECT ON {database}.unmapped_in TO whosaw_analyst;

GRANT SELECT ON {database}.unattributed_in TO whosaw_analyst;

GRANT SELECT ON {database}.unbalanced_in TO whosaw_analyst;

GRANT SELECT ON {database}.silences_in TO whosaw_analyst;

GRANT SELECT ON {database}.views_in TO whosaw_analyst;

GRANT SELECT ON {database}.ldv_lines TO whosaw_analyst;

GRANT SELECT ON {database}.erasures TO whosaw_analyst;

GRANT SELECT ON {database}.board_applications TO whosaw_analyst;

GRANT SELECT ON {database}.board_private_employees TO whosaw_analyst;

GRANT SELECT ON {database}.board_private_findings TO whosaw_analyst;

GRANT SELECT ON {database}.exchanges TO whosaw_analyst;

GRANT SELECT ON {database}.views TO whosaw_analyst;

GRANT SELECT ON {database}.sessions TO whosaw_analyst;

GRANT SELECT ON {database}.gaps TO whosaw_analyst;

GRANT SELECT ON {database}.attributions TO whosaw_analyst;

GRANT SELECT ON {database}.connections TO whosaw_analyst;

GRANT SELECT ON {database}.heartbeats TO whosaw_analyst;

GRANT SELECT ON {database}.crosswalk TO whosaw_analyst;

GRANT SELECT ON {database}.staff TO whosaw_analyst;

GRANT SELECT ON {database}.staff_periods TO whosaw_analyst;

GRANT SELECT ON {database}.caseload TO whosaw_analyst;

GRANT SELECT ON {database}.caseload_periods TO whosaw_analyst;

GRANT SELECT ON {database}.watchlist TO whosaw_analyst;

GRANT SELECT ON {database}.watchlist_periods TO whosaw_analyst;

GRANT SELECT ON {database}.context_loads TO whosaw_analyst;

GRANT SELECT ON {database}.findings TO whosaw_analyst;

GRANT SELECT ON {database}.reviews TO whosaw_analyst;

GRANT SELECT ON {database}.migrations TO whosaw_analyst
