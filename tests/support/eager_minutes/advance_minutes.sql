-- Classify the minutes that have settled since the last call, for every market that was expected then, and reclassify
-- those that something late has touched. While no gatherer sends heartbeats, nothing is classified, since gatherers
-- that cannot be reached may still be receiving.
-- Parameters: minutes_max, how many new minutes one call classifies; markets_max, how many markets it reclassifies
-- Reads: what eager.classify_minutes reads
-- Writes: eager.market_minutes, eager.market_minutes_due, ops.expected, eager.watermarks
-- Returns: until when everything is classified, null if nothing was ever expected; how many rows of
-- eager.market_minutes were written for new minutes, and how many were rewritten
create or replace function eager.advance_minutes(minutes_max integer default 60, markets_max integer default 2000)
returns table (classified_until timestamptz, rows_new bigint, rows_rewritten bigint)
language plpgsql
as $$
declare
    began timestamptz;
    ended timestamptz;
begin
    select w.moment into began from eager.watermarks as w where w.name = 'market_minutes' for update;
    if not found then
        select date_bin('1 min', min(e.began_at), timestamptz 'epoch') into began from ops.expected as e;
    end if;
    began := case when began is not null
        then greatest(began, date_bin('1 min', lower(ops.believed_times()), timestamptz 'epoch')) end;
    perform eager.end_determined_markets(began - interval '1 day'), eager.update_market_times();
    select
        greatest(began, date_bin('1 min', least(
            ops.settled_until(), max(least(h.beat_at, h.read_at)), began + make_interval(mins => minutes_max)
        ), timestamptz 'epoch'))
    into ended
    from ops.heartbeats as h
    having count(*) > 0;
    ended := coalesce(ended, began);

    select sum(eager.classify_minutes(e.stream, e.tickers, e.from_times, e.until_times)) into rows_new
    from (
        select
            s.stream, array_agg(x.market_ticker) as tickers, array_agg(began) as from_times, array_agg(ended) as until_times
        from ops.classified_streams() as s
        inner join ops.expected as x on s.channel = x.channel and (x.market_ticker <> '') = s.is_by_market
        where x.during && tstzrange(began, ended)
        group by s.stream
    ) as e;
    insert into eager.watermarks (name, moment)
    select 'market_minutes' as name, ended as moment
    where ended is not null
    on conflict (name) do update set moment = excluded.moment;

    classified_until := ended;
    rows_new := coalesce(rows_new, 0);
    rows_rewritten := eager.reclassify_minutes(ended, markets_max);
    return next;
end;
$$;

comment on function eager.advance_minutes is
'Classify the minutes that have settled, and reclassify those that something late touched.';
