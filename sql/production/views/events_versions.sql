-- Every state of the exchange's events that any gatherer fetched, each once, with its texts as columns: what the
-- archive's stream events_history holds, by the hour in which a state was fetched first.
-- Reads: market_data.events_history
create or replace view market_data.events_versions as
select
    h.ticker,
    h.fetched_at,
    ops.known_time(h.updated_time) as updated_time,
    h.body_sha256,
    h.body ->> 'series_ticker' as series_ticker,
    h.body ->> 'title' as title,
    h.body ->> 'sub_title' as sub_title,
    ops.try_boolean(h.body ->> 'mutually_exclusive') as mutually_exclusive,
    ops.known_time(ops.try_timestamptz(h.body ->> 'strike_date')) as strike_date,
    h.body ->> 'strike_period' as strike_period,
    h.body
from market_data.events_history as h;

comment on view market_data.events_versions is
'Every state of the exchange''s events that any gatherer fetched, each once.';
comment on column market_data.events_versions.ticker is 'The exchange''s name of it.';
comment on column market_data.events_versions.fetched_at is
'When a gatherer fetched this state first, by that host''s clock.';
comment on column market_data.events_versions.updated_time is
'The exchange''s time of the change that made this state; null if the body has none.';
comment on column market_data.events_versions.body_sha256 is 'Digest of the body.';
comment on column market_data.events_versions.series_ticker is 'The series to which it belongs.';
comment on column market_data.events_versions.title is 'The question for people.';
comment on column market_data.events_versions.sub_title is 'What distinguishes it within its series.';
comment on column market_data.events_versions.mutually_exclusive is
'Whether only one of its markets can settle as yes.';
comment on column market_data.events_versions.strike_date is 'The time that decides it; null if no single time does.';
comment on column market_data.events_versions.strike_period is
'The period it is about; null if a single time decides it.';
comment on column market_data.events_versions.body is 'The object as the exchange sent it.';
