-- List the tables of production that have no partitions and whose old rows are deleted, with the time of a row.
-- Rows whose time is null are still open and stay.
-- Returns: the table, the expression of the time, the group whose setting says how many days rows are kept, and the
-- derived streams of the archive that need the rows until their hours are verified, null if none does
create or replace function ops.bounded_tables()
returns table (target text, moment text, kept_as text, archived_as text[])
language sql
immutable
as $$
    values
        ('ops.book_checks', 'until_at', 'book_checks', array['book_checks', 'incidents']),
        ('ops.line_checks', 'from_at', 'line_checks', array['book_checks', 'incidents']),
        ('ops.line_counts', 'from_at', 'line_checks', array['book_checks', 'incidents']),
        ('ops.classified_minutes', 'day', 'minutes', array['coverage', 'incidents']),
        ('ops.series_minutes', 'day', 'minutes', null),
        ('ops.steady_states', 'ended_at', 'minutes', array['coverage', 'incidents']),
        ('ops.lost_lines', 'lost_at', 'coverage', null),
        ('ops.connections', 'closed_at', 'coverage', array['incidents']),
        ('ops.subscriptions', 'ended_at', 'coverage', array['incidents']),
        ('ops.gaps', 'detected_at', 'coverage', array['incidents']),
        (
            'ops.expected',
            -- The exchange may list a time long ago for a market that was covered yesterday, and correct it.
            'case when coalesce(dropped_at, closed_at, determined_at) is not null '
            'then greatest(began_at, dropped_at, closed_at, determined_at) end',
            'coverage',
            array['coverage', 'incidents']
        ),
        ('ops.rejected_rows', 'rejected_at', 'rejected_rows', null),
        ('ops.arbitration', 'hour', 'arbitration', null),
        ('market_data.series_history', 'last_fetched_at', 'history', array['series_history']),
        ('market_data.events_history', 'last_fetched_at', 'history', array['events_history']),
        ('market_data.markets_history', 'last_fetched_at', 'history', array['markets_history'])
$$;

comment on function ops.bounded_tables is 'The tables without partitions whose old rows are deleted.';
