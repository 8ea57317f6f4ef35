-- Equal messages of one hour are numbered, so that as many are kept as there were; no time window decides.
alter table market_data.lifecycle_events add column occurrence integer not null default 0;
alter table market_data.lifecycle_events
drop constraint lifecycle_events_seen_at_subject_ticker_kind_payload_sha256_key;
alter table market_data.lifecycle_events
add unique (seen_at, subject_ticker, kind, payload_sha256, occurrence);

comment on column market_data.lifecycle_events.occurrence is
'Counts equal messages of a connection within one hour, from 0.';
