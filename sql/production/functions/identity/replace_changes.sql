-- Let production hold the changes that were worked out: delete the rows that they replace, insert those that it lacks.
-- A row whose labels stay is left alone.
-- Reads: pg_temp.held_changes, pg_temp.settled_changes
-- Writes: market_data.hot_orderbook_deltas, ops.late_rows
-- Returns: per gatherer how many rows were new, by the hours they fall into, and hours in which rows were replaced
create or replace function ops.replace_changes()
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint)
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    began timestamptz;
    ended timestamptz;
begin
    with
    unchanged as (
        delete from pg_temp.settled_changes as s
        using pg_temp.held_changes as h
        where
            (s.neighbourhood, s.exchange_ts, s.time_digits, s.clock, s.occurrence)
            = (h.neighbourhood, h.exchange_ts, h.time_digits, h.clock, h.occurrence)
        returning h.ctid as place
    )

    delete from pg_temp.held_changes as h using unchanged as u where h.ctid = u.place;

    select min(h.exchange_ts), max(h.exchange_ts) into began, ended from pg_temp.held_changes as h;
    if began is not null then
        delete from market_data.hot_orderbook_deltas as d
        using pg_temp.held_changes as h
        where
            d.exchange_ts between began and ended
            and (d.exchange_ts, d.market_ticker, d.clock, d.side, d.price, d.size_delta, d.occurrence)
            = (h.exchange_ts, h.market_ticker, h.clock, h.side, h.price, h.size_delta, h.occurrence);
    end if;

    insert into market_data.hot_orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    )
    select
        s.exchange_ts, s.market_ticker, s.clock, s.side, s.price, s.size_delta, s.occurrence, s.received_at,
        s.gatherer_id, nullif(s.time_digits, -1)
    from pg_temp.settled_changes as s
    order by s.exchange_ts, s.market_ticker
    on conflict do nothing;

    insert into ops.late_rows (stream, market_ticker, during)
    select 'orderbook_deltas', c.market_ticker, tstzrange(min(c.exchange_ts), max(c.exchange_ts), '[]')
    from (
        select s.market_ticker, s.exchange_ts from pg_temp.settled_changes as s
        union all
        select h.market_ticker, h.exchange_ts from pg_temp.held_changes as h
    ) as c
    where c.exchange_ts < now() - interval '30 s'
    group by c.market_ticker;

    return query
    select s.gatherer_id, date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00'), count(*) filter (where s.is_new)
    from (
        select
            i.gatherer_id, i.exchange_ts,
            row_number() over (partition by i.neighbourhood order by i.received_at)
            > (select count(*) from pg_temp.held_changes as h where h.neighbourhood = i.neighbourhood) as is_new
        from pg_temp.settled_changes as i
        union all
        select h.gatherer_id, h.exchange_ts, false from pg_temp.held_changes as h
    ) as s
    group by 1, 2;
end;
$$;

comment on function ops.replace_changes is 'Let production hold the changes that were worked out.';
