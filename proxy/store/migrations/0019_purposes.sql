-- Why a record was shown, as the register of processing activities knows it, and the
-- trace a request was part of, when a listed peer said so.

ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS activity LowCardinality(String) COMMENT 'URL of the processing activity, as the rule set said then; may be empty' CODEC(ZSTD(1));

ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS trace_id String COMMENT 'W3C trace of the request by word of a listed peer, hex; empty: a trace of its own' CODEC(ZSTD(1));

ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS parent_span String COMMENT 'Span of that peer, hex' CODEC(ZSTD(1));

ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS processor LowCardinality(String) COMMENT 'URL by which the rule set knows that peer' CODEC(ZSTD(1));

ALTER TABLE views ADD COLUMN IF NOT EXISTS activity LowCardinality(String) COMMENT 'URL of the processing activity, by the rule that found it; may be empty' CODEC(ZSTD(1));

ALTER TABLE views ADD COLUMN IF NOT EXISTS trace_id String COMMENT 'As of its exchange' CODEC(ZSTD(1));
