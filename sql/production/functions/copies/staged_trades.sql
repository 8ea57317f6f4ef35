-- Make one row of all staged copies of a trade whose times are at most 5 s apart: with the finest of the times, of
-- equally fine ones the earliest, and with what any of the copies has. Trades that packed rows hold are left out.
-- Reads: pg_temp.stage, pg_temp.packed_copies
-- Returns: one row per trade
create or replace function ops.staged_trades() returns table (
    exchange_ts timestamptz, trade_id text, market_ticker text, yes_price numeric, no_price numeric, size numeric,
    taker_side text, is_block_trade boolean, received_at timestamptz, gatherer_id smallint, time_digits smallint
)
language sql
as $$
    with
    spaced as (
        select s.*, s.exchange_ts - lag(s.exchange_ts) over earlier as since
        from pg_temp.stage as s
        where s.ctid not in (select c.place from ops.packed_copies() as c (place))
        window earlier as (partition by s.trade_id order by s.exchange_ts, s.received_at)
    ),

    numbered as (
        select s.*, count(*) filter (where s.since > interval '5 s') over earlier as number
        from spaced as s
        window earlier as (partition by s.trade_id order by s.exchange_ts, s.received_at)
    )

    select distinct on (n.trade_id, n.number)
        n.exchange_ts, n.trade_id, n.market_ticker, n.yes_price, n.no_price, n.size,
        min(n.taker_side) over same_trade, bool_or(n.is_block_trade) over same_trade,
        n.received_at, n.gatherer_id, n.time_digits
    from numbered as n
    window same_trade as (partition by n.trade_id, n.number)
    order by n.trade_id asc, n.number asc, n.time_digits desc nulls last, n.exchange_ts asc, n.received_at asc;
$$;

comment on function ops.staged_trades is 'One row of all staged copies of each trade.';
