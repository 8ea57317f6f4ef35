-- List the streams whose rows are packed.
-- Returns: the stream, the table of its hot rows, that of its packed rows, the column of their time, the time whose
-- rows are packed together (a day if a market has few rows in an hour), and how far apart the times of two rows lie at
-- most of which one may replace the other
create or replace function ops.packed_streams()
returns table (
    stream text, hot_table regclass, packed_table regclass, time_column name, period interval, slack interval
)
language sql
stable
as $$
    values
        (
            'orderbook_deltas', 'market_data.hot_orderbook_deltas'::regclass,
            'market_data.packed_orderbook_deltas'::regclass, 'exchange_ts'::name, interval '1 h', interval '15 min'
        ),
        ('tickers', 'market_data.hot_tickers', 'market_data.packed_tickers', 'exchange_ts', interval '1 h', interval '5 s'),
        ('trades', 'market_data.hot_trades', 'market_data.packed_trades', 'exchange_ts', interval '24 h', interval '5 s'),
        -- A state of a book is held once a day.
        (
            'orderbook_snapshots', 'market_data.hot_orderbook_snapshots', 'market_data.packed_orderbook_snapshots',
            'received_at', interval '24 h', interval '0'
        )
$$;

comment on function ops.packed_streams is 'The streams whose rows are packed.';
