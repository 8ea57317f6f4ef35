-- Let production record with each change when its transaction began: that is when it was polled and is merged.
-- Writes: market_data.hot_orderbook_deltas, a column that no query names
alter table market_data.hot_orderbook_deltas add column polled_at timestamptz default transaction_timestamp();
