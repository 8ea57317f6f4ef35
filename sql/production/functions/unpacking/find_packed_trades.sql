-- Find staged trades that packed rows hold with all that the staged copies know. If one copy of a trade knows more,
-- none of its copies is left out.
-- Parameters: days, those to look at
-- Reads: pg_temp.stage, market_data.trades_unpacked
-- Writes: pg_temp.packed_copies
-- Returns: nothing
create or replace function ops.find_packed_trades(days timestamptz[]) returns void
language plpgsql
as $$
begin
    with
    staged_market as materialized (
        select
            s.market_ticker, date_bin('24 h', s.exchange_ts, '2000-01-01 00:00:00+00') as day,
            min(s.exchange_ts) - interval '5 s' as from_at, max(s.exchange_ts) + interval '5 s' as until_at
        from pg_temp.stage as s
        group by 1, 2
    ),

    held as materialized (
        select distinct u.exchange_ts, u.market_ticker, u.trade_id, u.taker_side, u.is_block_trade, u.time_digits
        from staged_market as m
        inner join market_data.trades_unpacked as u
            on
                m.market_ticker = u.market_ticker and m.day - interval '24 h' <= u.day and m.day + interval '24 h' >= u.day
                and u.exchange_ts >= m.from_at and u.exchange_ts <= m.until_at
        where u.day = any(days)
    ),

    compared as (
        select
            s.ctid as place,
            bool_and(
                h.trade_id is not null
                and (coalesce(s.time_digits, -1), h.exchange_ts) <= (coalesce(h.time_digits, -1), s.exchange_ts)
                and least(s.taker_side, h.taker_side) is not distinct from h.taker_side
                and greatest(s.is_block_trade, h.is_block_trade) is not distinct from h.is_block_trade
            ) over (partition by s.trade_id) as is_copy
        from pg_temp.stage as s
        left join held as h
            on
                s.market_ticker = h.market_ticker and s.trade_id = h.trade_id
                and s.exchange_ts between h.exchange_ts - interval '5 s' and h.exchange_ts + interval '5 s'
    )

    insert into pg_temp.packed_copies (place)
    select distinct c.place from compared as c where c.is_copy;
end;
$$;

comment on function ops.find_packed_trades is 'Find staged trades that packed rows hold.';
