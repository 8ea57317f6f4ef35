-- Record until when production is restored from the archive, so that upkeep begins there: what was known of the time
-- before it is restored, too. Of an hour that is not over the archive has the beginning, so upkeep judges it again.
-- Parameters: restored_until timestamptz
-- Writes: ops.watermarks
-- Returns: nothing
insert into ops.watermarks as w (name, moment)
select
    n.name,
    least(%(restored_until)s::timestamptz, date_trunc('hour', now(), 'UTC')) as moment
from (values ('restored'), ('market_minutes'), ('book_checks')) as n (name)
order by n.name
on conflict (name) do update set moment = greatest(w.moment, excluded.moment);
