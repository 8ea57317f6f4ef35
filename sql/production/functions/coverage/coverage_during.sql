-- List the states of minutes in a time, as runs of equal minutes that are cut to it.
-- Parameters: wanted_from, wanted_until, at most some days
-- Reads: what ops.minutes_during reads
-- Returns: the runs in the columns of market_data.coverage
create or replace function ops.coverage_during(wanted_from timestamptz, wanted_until timestamptz)
returns table (stream text, market_ticker text, from_at timestamptz, to_at timestamptz, state text)
language sql
stable
as $$
    select m.stream, m.market_ticker, lower(r.run) as from_at, upper(r.run) as to_at, s.state
    from ops.minutes_during(wanted_from, wanted_until) as m
    cross join lateral (
        values
        ('proven', m.proven), ('covered', m.covered), ('repaired', m.repaired), ('gap', m.gap), ('idle', m.idle),
        ('halted', m.halted)
    ) as s (state, runs)
    cross join unnest(s.runs * tstzmultirange(tstzrange(wanted_from, wanted_until))) as r (run);
$$;

comment on function ops.coverage_during is 'The states of minutes in a time, as runs that are cut to it.';
