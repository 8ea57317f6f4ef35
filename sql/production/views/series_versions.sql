-- Every state of the exchange's series that any gatherer fetched, each once, with its texts as columns: what the
-- archive's stream series_history holds, by the hour in which a state was fetched first.
-- Reads: market_data.series_history
create or replace view market_data.series_versions as
select
    h.ticker,
    h.fetched_at,
    ops.known_time(h.updated_time) as updated_time,
    h.body_sha256,
    h.body ->> 'title' as title,
    h.body ->> 'category' as category,
    h.body ->> 'frequency' as frequency,
    h.body ->> 'fee_type' as fee_type,
    h.body
from market_data.series_history as h;

comment on view market_data.series_versions is
'Every state of the exchange''s series that any gatherer fetched, each once.';
comment on column market_data.series_versions.ticker is 'The exchange''s name of it.';
comment on column market_data.series_versions.fetched_at is
'When a gatherer fetched this state first, by that host''s clock.';
comment on column market_data.series_versions.updated_time is
'The exchange''s time of the change that made this state; null if the body has none.';
comment on column market_data.series_versions.body_sha256 is 'Digest of the body.';
comment on column market_data.series_versions.title is 'The name for people.';
comment on column market_data.series_versions.category is 'The primary category.';
comment on column market_data.series_versions.frequency is 'How often it has a new event: daily, weekly, …';
comment on column market_data.series_versions.fee_type is 'How fees are computed.';
comment on column market_data.series_versions.body is 'The object as the exchange sent it.';
