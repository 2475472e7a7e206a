-- Who answers for the log itself: everything an analyst may ask, who asked what, who
-- took copies; places holds, reviews findings, has a client forgotten, and says which
-- unit may read what. Cannot change or remove what was recorded.

CREATE ROLE IF NOT EXISTS whosaw_privacy_officer;

REVOKE ALL ON *.* FROM whosaw_privacy_officer;

GRANT whosaw_analyst TO whosaw_privacy_officer;

GRANT SELECT ON {database}.inquiries TO whosaw_privacy_officer;

GRANT SELECT ON {database}.captures TO whosaw_privacy_officer;

GRANT SELECT ON {database}.subjects TO whosaw_privacy_officer;

GRANT SELECT ON {database}.subject_ids TO whosaw_privacy_officer;

GRANT ALTER UPDATE(encrypted_id) ON {database}.subjects TO whosaw_privacy_officer;

GRANT SELECT, INSERT ON {database}.forgotten TO whosaw_privacy_officer;

GRANT SELECT, INSERT ON {database}.holds TO whosaw_privacy_officer;

GRANT SELECT ON {database}.holds_in_force TO whosaw_privacy_officer;

GRANT SELECT, INSERT ON {database}.reviews TO whosaw_privacy_officer;

GRANT SELECT, INSERT ON {database}.unit_readers TO whosaw_privacy_officer;

GRANT SELECT ON {database}.erasures TO whosaw_privacy_officer;

GRANT SELECT ON {database}.seals TO whosaw_privacy_officer
