-- What went wrong in the current hour and the one before: what the archive's stream of this name holds of each hour.
-- Reads: what ops.incidents_during reads
create or replace view market_data.incidents as
select
    i.market_ticker,
    i.stream,
    i.from_at,
    i.to_at,
    i.kind,
    i.gatherer_id,
    i.reason,
    i.repair,
    i.repaired_by,
    i.repaired_at
from ops.incidents_during(date_trunc('hour', now(), 'UTC') - interval '1 h', now()) as i;

comment on view market_data.incidents is
'What went wrong in the current hour and the one before: what gatherers missed, and what is wrong with order books.';
comment on column market_data.incidents.market_ticker is
'The market; empty for a stream that is received for all markets at once.';
comment on column market_data.incidents.stream is 'orderbook_deltas, trades, tickers or lifecycle_events.';
comment on column market_data.incidents.from_at is 'When it began, or the beginning of the hour if that is later.';
comment on column market_data.incidents.to_at is
'When it ended, which does not belong to it, or the end of the hour if that is earlier.';
comment on column market_data.incidents.kind is
'missed: a gatherer did not cover the market; wrong book: the changes that production holds do not explain a snapshot; '
'wrong count: production holds another number of changes than a connection received.';
comment on column market_data.incidents.gatherer_id is
'The gatherer that missed it or whose connection it was; null if production compared, or if no gatherer had covered '
'the market in the day before.';
comment on column market_data.incidents.reason is 'Why the gatherer missed it, or what differs.';
comment on column market_data.incidents.repair is
'Where what was missed is from: gatherer: another one received it; rest: fetched by REST; books: the snapshots around '
'it show that nothing happened; none: it is lost, or not repaired.';
comment on column market_data.incidents.repaired_by is
'The numbers of the gatherers that received or fetched it, with commas; null if none did.';
comment on column market_data.incidents.repaired_at is 'When it was fetched; null if it was not.';
