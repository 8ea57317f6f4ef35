-- Mark the archived hours of the streams that follow the classified minutes as to be written again if minutes of them
-- are due: a book check, a late row or a repair has changed what these hours hold. The minutes are classified later.
-- An hour that cannot be derived any more stays as the archive holds it.
-- A trigger calls it in each statement that adds due minutes.
-- Reads: ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: nothing
create or replace function ops.mark_due_hours() returns trigger
language plpgsql
as $$
begin
    update ops.archive_partitions as p set state = 'pending', touched_at = now()
    from (select range_agg(d.during) as touched from due as d) as t
    cross join ops.derived_streams() as s
    where
        s.follows is null and s.length > interval '0' and p.stream = s.stream and p.state <> 'pending'
        and p.hour > lower(t.touched) - interval '1 h' and p.hour <= upper(t.touched)
        and t.touched && tstzrange(p.hour, p.hour + interval '1 h')
        and ops.is_derivable(p.stream, p.hour);
    return null;
end;
$$;

comment on function ops.mark_due_hours is
'Mark the archived hours in which minutes are due as to be written again.';

create or replace trigger on_due_minutes after insert on ops.market_minutes_due
referencing new table as due
for each statement execute function ops.mark_due_hours();
