-- The order book of each market that was open at the beginning of the current hour, as of that moment: what the
-- archive's stream of this name holds of each hour.
-- Reads: ops.expected, and what market_data.book_state reads
create or replace view market_data.books as
select
    h.at,
    e.market_ticker,
    b.clock,
    b.yes_prices,
    b.yes_sizes,
    b.no_prices,
    b.no_sizes,
    b.snapshot_at,
    b.last_change_at
from (select date_trunc('hour', now(), 'UTC') as at) as h
inner join ops.expected as e on e.channel = 'orderbook_delta' and h.at <@ e.during
cross join lateral market_data.book_state(e.market_ticker, h.at) as b;

comment on view market_data.books is
'The order book of each market that was open at the beginning of the current hour, as of that moment.';
comment on column market_data.books.at is 'The moment.';
comment on column market_data.books.market_ticker is 'The market.';
comment on column market_data.books.clock is
'The clock of the newest change contained: changes with a higher one come after it; 0 if none has one.';
comment on column market_data.books.yes_prices is 'Dollars of the YES bids, the lowest first.';
comment on column market_data.books.yes_sizes is 'Contracts at the YES price of the same position.';
comment on column market_data.books.no_prices is 'Dollars of the NO bids, on the NO scale, the lowest first.';
comment on column market_data.books.no_sizes is 'Contracts at the NO price of the same position.';
comment on column market_data.books.snapshot_at is 'When the last snapshot was received that it rests on.';
comment on column market_data.books.last_change_at is
'The exchange''s time of the newest change contained; null if none is known.';
