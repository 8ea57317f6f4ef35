-- Every market with the event and the series to which it belongs.
-- Reads: market_data.markets, market_data.events, market_data.series
create or replace view market_data.markets_described as
select
    m.ticker as market_ticker,
    m.event_ticker,
    e.series_ticker,
    coalesce(m.title, e.title) as title,
    m.yes_sub_title,
    m.no_sub_title,
    m.market_type,
    m.status,
    m.result,
    m.open_time,
    m.close_time,
    m.settlement_ts,
    m.updated_time,
    e.title as event_title,
    e.sub_title as event_sub_title,
    e.mutually_exclusive,
    e.strike_date,
    e.strike_period,
    s.title as series_title,
    s.category,
    s.frequency,
    s.fee_type,
    m.body as market,
    e.body as event,
    s.body as series
from market_data.markets as m
left join market_data.events as e on m.event_ticker = e.ticker
left join market_data.series as s on e.series_ticker = s.ticker;

comment on view market_data.markets_described is
'Every market with its event and series; the columns of an unknown event or series are null.';
comment on column market_data.markets_described.market_ticker is 'The market, named as in all other tables.';
comment on column market_data.markets_described.event_ticker is 'The event to which the market belongs.';
comment on column market_data.markets_described.series_ticker is 'The series to which the event belongs.';
comment on column market_data.markets_described.title is 'The market''s question, or its event''s if it has none.';
comment on column market_data.markets_described.yes_sub_title is 'The meaning of YES.';
comment on column market_data.markets_described.no_sub_title is 'The meaning of NO.';
comment on column market_data.markets_described.market_type is 'binary or scalar.';
comment on column market_data.markets_described.status is
'initialized, inactive, active, closed, determined, disputed, amended or finalized.';
comment on column market_data.markets_described.result is 'yes, no or scalar; empty before it is determined.';
comment on column market_data.markets_described.open_time is 'When trading opens.';
comment on column market_data.markets_described.close_time is 'When trading closes.';
comment on column market_data.markets_described.settlement_ts is 'When the market was settled; null before.';
comment on column market_data.markets_described.updated_time is
'The exchange''s time of the market''s last change; null if the body has none.';
comment on column market_data.markets_described.event_title is 'The event''s question.';
comment on column market_data.markets_described.event_sub_title is 'What distinguishes the event within its series.';
comment on column market_data.markets_described.mutually_exclusive is
'Whether only one of the event''s markets can settle as yes.';
comment on column market_data.markets_described.strike_date is
'The time that decides the event; null if no single time does.';
comment on column market_data.markets_described.strike_period is
'The period the event is about; null if a single time decides it.';
comment on column market_data.markets_described.series_title is 'The series'' name.';
comment on column market_data.markets_described.category is 'The series'' primary category.';
comment on column market_data.markets_described.frequency is 'How often the series has a new event.';
comment on column market_data.markets_described.fee_type is 'How fees are computed.';
comment on column market_data.markets_described.market is 'The market as the exchange sent it.';
comment on column market_data.markets_described.event is 'The event as the exchange sent it.';
comment on column market_data.markets_described.series is 'The series as the exchange sent it.';
