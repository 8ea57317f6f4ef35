-- Classify the minutes that have settled since the last call, for every market that was expected then and has no steady
-- state, and reclassify those that something late has touched. A market in which nothing happens is neither read nor
-- written: its steady state holds. While no gatherer sends heartbeats, nothing is classified, since gatherers that
-- cannot be reached may still be receiving.
-- Parameters: minutes_max, how many new minutes one call classifies; markets_max, how many markets it reclassifies;
-- settled_at, until when all rows are merged, if the caller knows: nothing merges any more, so that the minute of the
-- last heartbeat is classified, too
-- Reads: what ops.classify_new_minutes and ops.reclassify_minutes read
-- Writes: ops.classified_minutes, ops.steady_states, ops.lost_lines, ops.market_minutes_due, ops.expected,
-- ops.expected_due, ops.watermarks, ops.archive_partitions
-- Returns: until when everything is classified, null if nothing was ever expected; how many rows of
-- ops.classified_minutes were written for new minutes, and how many were rewritten
create or replace function ops.advance_minutes(
    minutes_max integer default 60, markets_max integer default 2000, settled_at timestamptz default null
)
returns table (classified_until timestamptz, rows_new bigint, rows_rewritten bigint)
language plpgsql
as $$
declare
    began timestamptz;
    ended timestamptz;
begin
    select w.moment into began from ops.watermarks as w where w.name = 'market_minutes' for update;
    if not found then
        select date_bin('1 min', min(e.began_at), timestamptz 'epoch') into began from ops.expected as e;
    end if;
    began := case when began is not null
        then greatest(began, date_bin('1 min', lower(ops.believed_times()), timestamptz 'epoch')) end;
    perform ops.update_expected(began - interval '1 day');
    select
        greatest(began, date_bin('1 min', least(
            coalesce(settled_at, ops.settled_until()), max(least(h.beat_at, h.read_at)),
            began + make_interval(mins => minutes_max)
        ) + case when settled_at is null then interval '0' else interval '1 min' - interval '1 us' end, timestamptz 'epoch'))
    into ended
    from ops.heartbeats as h
    having count(*) > 0;
    ended := coalesce(ended, began);

    if ended > began then
        rows_new := ops.classify_new_minutes(began, ended);
        perform ops.mark_judged_hours(array[began], array[ended]);
    end if;
    insert into ops.watermarks (name, moment)
    select 'market_minutes' as name, ended as moment
    where ended is not null
    on conflict (name) do update set moment = excluded.moment;

    classified_until := ended;
    rows_new := coalesce(rows_new, 0);
    rows_rewritten := ops.reclassify_minutes(ended, markets_max);
    return next;
end;
$$;

comment on function ops.advance_minutes is
'Classify the minutes that have settled, and reclassify those that something late touched.';
