-- List the streams of the archive that production derives from others when their hours are written.
-- Returns: stream; follows, the merged stream that it is derived from, null if it follows the classified minutes; and
-- length, how much of an hour has to be over before it is written
create or replace function ops.derived_streams() returns table (stream text, follows text, length interval)
language sql
immutable
as $$
    values
    ('coverage', null, interval '1 h'),
    ('book_checks', null, interval '1 h'),
    ('incidents', null, interval '1 h'),
    ('books', null, interval '0'),
    ('series_history', 'series', interval '1 h'),
    ('events_history', 'events', interval '1 h'),
    ('markets_history', 'markets', interval '1 h'),
    ('settlements', 'lifecycle_events', interval '1 h');
$$;

comment on function ops.derived_streams is 'The streams of the archive that production derives from others.';
