-- The state of every expected minute of each market, one row per minute.
-- Reads: ops.market_minutes, and what ops.halted_minutes reads
create or replace view ops.completeness as
select
    l.stream,
    l.market_ticker,
    m.minute,
    s.state
from ops.market_minutes as l
cross join
    lateral ops.halted_minutes(
        l.market_ticker, l.day::timestamp at time zone 'UTC', (l.day + 1)::timestamp at time zone 'UTC'
    ) as h (halted)
cross join
    lateral (
        values
        ('proven', l.proven), ('covered', l.covered), ('repaired', l.repaired), ('gap', l.gap),
        ('idle', l.idle - h.halted), ('halted', l.idle * h.halted)
    ) as s (state, runs)
cross join unnest(s.runs) as r (run)
cross join generate_series(lower(r.run), upper(r.run) - interval '1 min', interval '1 min') as m (minute);

comment on view ops.completeness is
'The state of every expected minute, one row each; restrict it to one stream and a few days or one market.';
