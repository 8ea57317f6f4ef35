-- List the streams whose hours are packed.
-- Returns: the stream, the table of its hot rows, that of its packed rows, and how far apart the times of two rows lie
-- at most of which one may replace the other
create or replace function ops.packed_streams()
returns table (stream text, hot_table regclass, packed_table regclass, slack interval)
language sql
stable
as $$
    values
        (
            'orderbook_deltas', 'market_data.hot_orderbook_deltas'::regclass,
            'market_data.packed_orderbook_deltas'::regclass, interval '15 min'
        ),
        ('tickers', 'market_data.hot_tickers', 'market_data.packed_tickers', interval '5 s')
$$;

comment on function ops.packed_streams is 'The streams whose hours are packed.';
