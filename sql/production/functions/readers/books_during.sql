-- Rebuild the order books of all markets that were open at the beginning of each hour of a time.
-- Parameters: wanted_from, wanted_until
-- Reads: ops.expected, and what market_data.book_state reads
-- Returns: the books in the columns of market_data.books; a market of which no snapshot was received yet has none
create or replace function ops.books_during(wanted_from timestamptz, wanted_until timestamptz) returns table (
    at timestamptz,
    market_ticker text,
    clock bigint,
    yes_prices numeric[],
    yes_sizes numeric[],
    no_prices numeric[],
    no_sizes numeric[],
    snapshot_at timestamptz,
    last_change_at timestamptz
)
language sql
stable
as $$
    select
        h.at, e.market_ticker, b.clock, b.yes_prices, b.yes_sizes, b.no_prices, b.no_sizes, b.snapshot_at,
        b.last_change_at
    from generate_series(
        date_bin('1 h', wanted_from + interval '1 h' - interval '1 us', timestamptz 'epoch'),
        wanted_until - interval '1 us', interval '1 h'
    ) as h (at)
    inner join ops.expected as e on e.channel = 'orderbook_delta' and e.during @> h.at
    cross join lateral market_data.book_state(e.market_ticker, h.at) as b;
$$;

comment on function ops.books_during is
'The order books of all markets that were open at the beginning of each hour of a time.';
