-- The best bid and ask of each market over time, as the exchange sums it up.
-- The exchange may omit states that lasted only a moment; market_data.book_at rebuilds the book at any time.
-- Reads: market_data.tickers
create or replace view market_data.top_of_book as
select
    t.exchange_ts,
    t.market_ticker,
    t.yes_bid,
    t.yes_ask,
    t.yes_bid_size,
    t.yes_ask_size,
    t.yes_ask - t.yes_bid as spread
from market_data.tickers as t
where t.yes_bid is not null or t.yes_ask is not null;

comment on view market_data.top_of_book is
'The best YES bid and ask of each market over time; the exchange may omit states that lasted only a moment.';
comment on column market_data.top_of_book.exchange_ts is 'The exchange''s time of the state.';
comment on column market_data.top_of_book.market_ticker is 'The market.';
comment on column market_data.top_of_book.yes_bid is 'Dollars of the best YES bid, 0 for an empty side.';
comment on column market_data.top_of_book.yes_ask is
'Dollars of the best YES ask: 1 minus the best NO bid, so 1 for an empty side.';
comment on column market_data.top_of_book.yes_bid_size is 'Contracts at the best YES bid; null if not sent.';
comment on column market_data.top_of_book.yes_ask_size is 'Contracts at the best YES ask; null if not sent.';
comment on column market_data.top_of_book.spread is 'Dollars between ask and bid.';
