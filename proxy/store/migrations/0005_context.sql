-- What an exchange was about beside its subjects: search terms, as keyed hashes
-- unless the rule set says that they are no personal data. Rows from before this
-- migration have none.

ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS context Array(Tuple(String, String, UInt32)) DEFAULT [] COMMENT 'Search terms: name, keyed hash (hex) and id of its key; key 0: the term itself' CODEC(ZSTD(1)) AFTER ruleset;
