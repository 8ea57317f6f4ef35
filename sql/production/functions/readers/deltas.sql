-- List the changes of a market's order book in a time, hot and packed ones. It reads only the hours of that time, which
-- a query of market_data.orderbook_deltas cannot if the hours are packed.
-- Parameters: wanted_ticker, the market; from_at, until_at, changes at or after the first and before the second
-- Reads: what market_data.deltas_during reads
-- Returns: the changes in the columns of market_data.orderbook_deltas
create or replace function market_data.deltas(wanted_ticker text, from_at timestamptz, until_at timestamptz)
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
    -- Both functions are inlined, so this is a condition on the indexes of hot and packed rows, which have this order.
    select d.* from market_data.deltas_during(from_at, until_at) as d
    where d.market_ticker = wanted_ticker collate "C";
$$;

comment on function market_data.deltas is
'The changes of a market''s order book in a time, faster than from market_data.orderbook_deltas.';
