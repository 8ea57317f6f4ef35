-- Every state of the exchange's markets that any gatherer fetched, each once, with its texts as columns: what the
-- archive's stream markets_history holds, by the hour in which a state was fetched first.
-- Reads: market_data.markets_history
create or replace view market_data.markets_versions as
select
    h.ticker,
    h.fetched_at,
    ops.known_time(h.updated_time) as updated_time,
    h.body_sha256,
    h.body ->> 'event_ticker' as event_ticker,
    h.body ->> 'market_type' as market_type,
    h.body ->> 'title' as title,
    h.body ->> 'yes_sub_title' as yes_sub_title,
    h.body ->> 'no_sub_title' as no_sub_title,
    h.body ->> 'status' as status,
    h.body ->> 'result' as result,
    ops.known_time(ops.try_timestamptz(h.body ->> 'open_time')) as open_time,
    ops.known_time(ops.try_timestamptz(h.body ->> 'close_time')) as close_time,
    ops.known_time(ops.try_timestamptz(h.body ->> 'settlement_ts')) as settlement_ts,
    h.body
from market_data.markets_history as h;

comment on view market_data.markets_versions is
'Every state of the exchange''s markets that any gatherer fetched, each once.';
comment on column market_data.markets_versions.ticker is 'The exchange''s name of it.';
comment on column market_data.markets_versions.fetched_at is
'When a gatherer fetched this state first, by that host''s clock.';
comment on column market_data.markets_versions.updated_time is
'The exchange''s time of the change that made this state; null if the body has none.';
comment on column market_data.markets_versions.body_sha256 is 'Digest of the body.';
comment on column market_data.markets_versions.event_ticker is 'The event to which it belongs.';
comment on column market_data.markets_versions.market_type is 'binary or scalar.';
comment on column market_data.markets_versions.title is 'The question for people; null if the exchange leaves it out.';
comment on column market_data.markets_versions.yes_sub_title is 'The meaning of YES.';
comment on column market_data.markets_versions.no_sub_title is 'The meaning of NO.';
comment on column market_data.markets_versions.status is
'initialized, inactive, active, closed, determined, disputed, amended or finalized.';
comment on column market_data.markets_versions.result is 'yes, no or scalar; empty before it is determined.';
comment on column market_data.markets_versions.open_time is 'When trading opens.';
comment on column market_data.markets_versions.close_time is 'When trading closes.';
comment on column market_data.markets_versions.settlement_ts is 'When it was settled; null before.';
comment on column market_data.markets_versions.body is 'The object as the exchange sent it.';
