-- A trade that REST gives is looked for among those of its market that were captured around its time.
create index on capture.trades (market_ticker, exchange_ts);
