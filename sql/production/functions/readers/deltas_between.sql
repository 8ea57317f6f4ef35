-- List the changes of all order books in a time that may differ from row to row of a query. If first_at and last_at are
-- constant in it, PostgreSQL plans only the partitions between them.
-- Parameters: from_at, until_at, changes at or after the first and before the second; first_at, last_at, further
-- limits of the same kind
-- Reads: market_data.hot_orderbook_deltas, market_data.packed_orderbook_deltas
-- Returns: the changes in the columns of market_data.orderbook_deltas
create or replace function market_data.deltas_between(
    from_at timestamptz, until_at timestamptz, first_at timestamptz, last_at timestamptz
)
returns table (
    exchange_ts timestamptz,
    market_ticker text,
    clock bigint,
    side text,
    price numeric,
    size_delta numeric,
    occurrence integer,
    received_at timestamptz,
    gatherer_id smallint,
    time_digits smallint
)
language sql
stable
as $$
    select
        h.exchange_ts, h.market_ticker, h.clock, h.side, h.price, h.size_delta, h.occurrence, h.received_at,
        h.gatherer_id, h.time_digits
    from market_data.hot_orderbook_deltas as h
    where
        h.exchange_ts >= from_at and h.exchange_ts < until_at
        and h.exchange_ts >= first_at and h.exchange_ts < last_at
    union all
    select
        u.exchange_ts, p.market_ticker, u.clock, u.side, u.price, u.size_delta, u.occurrence, u.received_at,
        u.gatherer_id, u.time_digits
    from market_data.packed_orderbook_deltas as p
    cross join lateral market_data.unpacked_deltas(p, greatest(from_at, first_at), least(until_at, last_at)) as u
    where
        -- A time minus an interval is no constant while a query is planned.
        p.hour >= date_bin('1 h', from_at, '2000-01-01 00:00:00+00') and p.hour < until_at
        and p.hour >= date_bin('1 h', first_at, '2000-01-01 00:00:00+00') and p.hour < last_at;
$$;

comment on function market_data.deltas_between is
'The changes of all order books in a time that may differ from row to row; market_data.deltas_during calls it.';
