-- The current order book of each market that is recorded and not over: its last snapshot plus the changes since then.
-- Each market costs one look-up of its snapshot and changes, so restrict a query by market_ticker.
-- Reads: ops.expected and what market_data.book_at reads
create or replace view market_data.order_book_now as
select
    e.market_ticker,
    b.side,
    b.price,
    b.size
from ops.expected as e
cross join lateral market_data.book_at(e.market_ticker, timestamptz 'infinity') as b
where e.channel = 'orderbook_delta' and upper_inf(e.during);

comment on view market_data.order_book_now is
'The current order book of each market that is not over, as of the last merged change: usually a fraction of a '
'second behind.';
comment on column market_data.order_book_now.market_ticker is 'The market.';
comment on column market_data.order_book_now.side is
'The ladder of bids: yes or no. A NO bid at p is a YES ask at 1 - p.';
comment on column market_data.order_book_now.price is 'Dollars, on the scale of its own side.';
comment on column market_data.order_book_now.size is 'Contracts resting at this price.';
