-- The state of every expected minute of each market, as runs of equal minutes, each within one day (UTC): what the
-- archive's stream of this name holds, cut to its hours.
-- Reads: ops.market_minutes, and what ops.halted_minutes reads
create or replace view market_data.coverage as
select
    m.stream,
    m.market_ticker,
    lower(r.run) as from_at,
    upper(r.run) as to_at,
    s.state
from ops.market_minutes as m
cross join
    lateral ops.halted_minutes(
        m.market_ticker, m.day::timestamp at time zone 'UTC', (m.day + 1)::timestamp at time zone 'UTC'
    ) as h (halted)
cross join
    lateral (
        values
        ('proven', m.proven), ('covered', m.covered), ('repaired', m.repaired), ('gap', m.gap),
        ('idle', m.idle - h.halted), ('halted', m.idle * h.halted)
    ) as s (state, runs)
cross join unnest(s.runs) as r (run);

comment on view market_data.coverage is
'The state of every expected minute, as runs of equal minutes; restrict it to one stream and market. What lies in no '
'run was not expected.';
comment on column market_data.coverage.stream is 'orderbook_deltas, trades, tickers or lifecycle_events.';
comment on column market_data.coverage.market_ticker is
'The market; empty for a stream that is received for all markets at once.';
comment on column market_data.coverage.from_at is 'The beginning of the run.';
comment on column market_data.coverage.to_at is 'Its end, which does not belong to it.';
comment on column market_data.coverage.state is
'proven: no change is missing; covered: received, not proven yet; repaired: missed by some gatherer, received by '
'another one or fetched; gap: known to be lost; idle: covered, and nothing was published; halted: the '
'same, and the exchange said that trading is not active on the market''s shard.';
