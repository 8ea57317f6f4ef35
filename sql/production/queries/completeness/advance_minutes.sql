-- Classify the minutes that have settled, and reclassify those that something late touched.
-- Parameters: minutes_max integer, how many new minutes are classified; markets_max integer, how many markets are
-- reclassified
-- Writes: what ops.advance_minutes writes
-- Returns: until when everything is classified, rows written for new minutes, and rows rewritten
select
    a.classified_until,
    a.rows_new,
    a.rows_rewritten
from ops.advance_minutes(%(minutes_max)s::integer, %(markets_max)s::integer) as a;
