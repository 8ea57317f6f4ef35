-- List the tables of production that have no partitions and whose old rows are deleted, with the time of a row.
-- Rows whose time is null are still open and stay.
-- Returns: the table, the expression of the time, the group whose setting says how many days rows are kept, and the
-- derived stream of the archive that needs the rows until its hours are verified, null if none does
create or replace function ops.bounded_tables()
returns table (target text, moment text, kept_as text, archived_as text)
language sql
immutable
as $$
    values
        ('ops.book_checks', 'until_at', 'book_checks', null),
        ('ops.classified_minutes', 'day', 'minutes', 'coverage'),
        ('ops.steady_states', 'ended_at', 'minutes', 'coverage'),
        ('ops.lost_lines', 'lost_at', 'coverage', null),
        ('ops.connections', 'closed_at', 'coverage', null),
        ('ops.subscriptions', 'ended_at', 'coverage', null),
        ('ops.gaps', 'detected_at', 'coverage', null),
        (
            'ops.expected',
            -- The exchange may list a time long ago for a market that was covered yesterday, and correct it.
            'case when coalesce(dropped_at, closed_at, determined_at) is not null '
            'then greatest(began_at, dropped_at, closed_at, determined_at) end',
            'coverage',
            'coverage'
        ),
        ('ops.rejected_rows', 'rejected_at', 'rejected_rows', null),
        ('ops.arbitration', 'hour', 'arbitration', null),
        ('market_data.series_history', 'last_fetched_at', 'history', 'series_history'),
        ('market_data.events_history', 'last_fetched_at', 'history', 'events_history'),
        ('market_data.markets_history', 'last_fetched_at', 'history', 'markets_history')
$$;

comment on function ops.bounded_tables is 'The tables without partitions whose old rows are deleted.';
