-- Find when the book of each published snapshot had last changed, in the milliseconds that gatherers store with it, and
-- whether its receiver must know that: its subscription got an earlier snapshot, and the change with its milliseconds.
-- A gatherer that was sent damaged frames, or none, may have forgotten it.
-- Reads: pg_temp.published_snapshot, pg_temp.published_delta, pg_temp.journal
-- Writes: pg_temp.snapshot_change
-- Returns: nothing
create temporary table snapshot_change as
with
withheld as (
    select min(line_number) as line_number
    from journal
    where
        line #>> '{connection, event}' = 'broken'
        or (
            line ? 'fault'
            and line #>> '{fault, name}' not in ('missing_fields', 'no_deprecated_fields', 'rollout')
        )
)

select
    s.line_number,
    case when d.time_digits >= 3 then date_trunc('milliseconds', d.exchange_ts) end as changed_at,
    coalesce(
        s.change_number > s.previous_number and d.time_digits >= 3
        and not d.lacks_milliseconds
        and s.line_number < coalesce(w.line_number, s.line_number + 1),
        false
    ) as is_due
from published_snapshot as s
inner join published_delta as d on s.change_number = d.line_number and d.form = 0
cross join withheld as w
where s.form = 0;
