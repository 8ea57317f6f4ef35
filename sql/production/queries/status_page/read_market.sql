-- Read what is known of a market.
-- Parameters: market text
-- Reads: market_data.markets_described
-- Returns: title, subtitle of YES, status, result, when it opens and closes, series, category; no row if it is unknown
select
    m.title,
    m.yes_sub_title,
    m.status,
    m.result,
    m.open_time,
    m.close_time,
    m.series_ticker,
    m.category
from market_data.markets_described as m
where m.market_ticker = %(market)s::text;
