-- Judge the minutes that have settled since the last call, for everything that was expected then, and those anew that
-- something late has touched. While no gatherer can be heard nothing is judged: they may well be receiving.
-- Parameters: minutes_max, how far the ledger moves in one call; markets_max, how many markets are judged anew in it
-- Reads: what ops.classify_minutes reads
-- Writes: ops.market_minutes, ops.market_minutes_due, ops.expected, ops.watermarks
-- Returns: until when everything is judged, null where nothing was ever expected; how many rows of the ledger were
-- written for new minutes, and how many again
create or replace function ops.advance_minutes(minutes_max integer default 60, markets_max integer default 2000)
returns table (judged_until timestamptz, rows_new bigint, rows_again bigint)
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
    perform ops.end_determined_markets(began - interval '1 day'), ops.update_market_times();
    select
        greatest(began, date_bin('1 min', least(
            ops.settled_until(), coalesce(max(h.beat_at), '-infinity'), began + make_interval(mins => minutes_max)
        ), timestamptz 'epoch'))
    into ended
    from ops.heartbeats as h
    having max(h.beat_at) is not null;
    ended := coalesce(ended, began);

    select sum(ops.classify_minutes(e.stream, e.tickers, e.froms, e.untils)) into rows_new
    from (
        select
            s.stream, array_agg(x.market_ticker) as tickers, array_agg(began) as froms, array_agg(ended) as untils
        from ops.classified_streams() as s
        inner join ops.expected as x on s.channel = x.channel and (x.market_ticker <> '') = s.is_by_market
        where x.during && tstzrange(began, ended)
        group by s.stream
    ) as e;
    insert into ops.watermarks (name, moment)
    select 'market_minutes' as name, ended as moment
    where ended is not null
    on conflict (name) do update set moment = excluded.moment;

    judged_until := ended;
    rows_new := coalesce(rows_new, 0);
    rows_again := ops.reclassify_minutes(ended, markets_max);
    return next;
end;
$$;

comment on function ops.advance_minutes is
'Judge the minutes that have settled, and those anew that something late touched.';
