-- Readers find every column explained where they look first: in the database.
comment on column market_data.trades.market_ticker is 'The market that was traded.';
comment on column market_data.orderbook_deltas.market_ticker is 'The market whose book changed.';
comment on column market_data.orderbook_snapshots.market_ticker is 'The market whose book it is.';
comment on column market_data.tickers.market_ticker is 'The market summed up.';
comment on column market_data.tickers.market_id is 'The exchange''s id of the market; null where not sent.';
comment on column market_data.tickers.yes_bid_size is 'Contracts at the best YES bid; null where not sent.';
comment on column market_data.tickers.yes_ask_size is 'Contracts at the best YES ask; null where not sent.';
comment on column market_data.tickers.last_trade_size is 'Contracts of the last trade; null where not sent.';
comment on column market_data.tickers.dollar_open_interest is 'Whole dollars.';
