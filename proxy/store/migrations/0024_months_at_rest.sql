-- A month in which nothing was written for a day becomes one part: a question about one
-- client or one account pays for each part it looks into, and what merging alone leaves
-- of a month is seven of them. Each is rewritten for it once.

ALTER TABLE views MODIFY SETTING min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;

ALTER TABLE attributions MODIFY SETTING min_age_to_force_merge_seconds = 86400, min_age_to_force_merge_on_partition_only = 1;
