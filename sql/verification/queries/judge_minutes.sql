-- Classify the minutes of a run that has ended: everything is merged, so no minute has to settle first.
-- Parameters: minutes_max and markets_max integer, how much is classified at most
-- Reads and writes: what ops.advance_minutes does
-- Returns: until when the minutes are classified, null if nothing was ever expected
select a.classified_until
from ops.advance_minutes(%(minutes_max)s::integer, %(markets_max)s::integer, now()) as a;
