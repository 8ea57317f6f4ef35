-- List the changes of all order books in a time, hot and packed ones.
-- Parameters: from_at, until_at, changes at or after the first and before the second
-- Reads: what market_data.deltas_between reads
-- Returns: the changes in the columns of market_data.orderbook_deltas
create or replace function market_data.deltas_during(from_at timestamptz, until_at timestamptz)
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
    select d.* from market_data.deltas_between(from_at, until_at, from_at, until_at) as d;
$$;

comment on function market_data.deltas_during is 'The changes of all order books in a time.';
