-- Whose an account is, as the alias file of the rule set says: a person, a program,
-- or several people. Rows from before this migration say unknown.

ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS actor_kind Enum8('person' = 1, 'robot' = 2, 'shared' = 3, 'unknown' = 4) DEFAULT 'unknown' COMMENT 'Whose the account is: a person''s, a program''s, shared' CODEC(ZSTD(1)) AFTER actor_session;

ALTER TABLE views ADD COLUMN IF NOT EXISTS actor_kind Enum8('person' = 1, 'robot' = 2, 'shared' = 3, 'unknown' = 4) DEFAULT 'unknown' COMMENT 'Whose the account is: a person''s, a program''s, shared' CODEC(ZSTD(1)) AFTER actor_session;

ALTER TABLE sessions ADD COLUMN IF NOT EXISTS actor_kind Enum8('person' = 1, 'robot' = 2, 'shared' = 3, 'unknown' = 4) DEFAULT 'unknown' COMMENT 'Whose the account is: a person''s, a program''s, shared' CODEC(ZSTD(1)) AFTER actor_session;
