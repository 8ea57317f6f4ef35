-- List the tables of production that have no partitions and whose old rows are deleted, with the time of a row.
-- Rows whose time is null are still open and stay.
-- Returns: the table, the expression of the time, and the group whose setting says how many days rows are kept
create or replace function ops.bounded_tables()
returns table (target text, moment text, kept_as text)
language sql
immutable
as $$
    values
        ('ops.book_checks', 'until_at', 'book_checks'),
        ('ops.classified_minutes', 'day', 'minutes'),
        ('ops.steady_states', 'ended_at', 'minutes'),
        ('ops.lost_lines', 'lost_at', 'coverage'),
        ('ops.connections', 'closed_at', 'coverage'),
        ('ops.subscriptions', 'ended_at', 'coverage'),
        ('ops.gaps', 'detected_at', 'coverage'),
        (
            'ops.expected',
            -- The exchange may list a time long ago for a market that was covered yesterday, and correct it.
            'case when coalesce(dropped_at, closed_at, determined_at) is not null '
            'then greatest(began_at, dropped_at, closed_at, determined_at) end',
            'coverage'
        ),
        ('ops.rejected_rows', 'rejected_at', 'rejected_rows'),
        ('ops.arbitration', 'hour', 'arbitration'),
        ('market_data.series_history', 'last_fetched_at', 'history'),
        ('market_data.events_history', 'last_fetched_at', 'history'),
        ('market_data.markets_history', 'last_fetched_at', 'history')
$$;

comment on function ops.bounded_tables is 'The tables without partitions whose old rows are deleted.';
