-- What shows whether the changes of an order book are complete: each comparison of a rebuilt book with the next
-- snapshot, and each count of changes that disagrees. The archive's stream of this name holds them cut to its hours.
-- It is no function, so that readers need no right to the tables.
-- Reads: ops.book_checks, ops.line_checks, ops.line_counts
create or replace view market_data.book_checks as
select
    b.market_ticker,
    b.from_at,
    b.until_at as to_at,
    'clock' as kind,
    null::smallint as gatherer_id,
    b.is_proven,
    b.wrong_level_count as wrong_levels,
    b.from_clock,
    b.until_clock as to_clock
from ops.book_checks as b
union all
select
    k.market_ticker,
    k.from_at,
    k.until_at as to_at,
    'line' as kind,
    k.gatherer_id,
    k.is_equal as is_proven,
    k.wrong_level_count as wrong_levels,
    -- A row of equal comparisons grows, so its last clock is that of no hour.
    null as from_clock,
    null as to_clock
from ops.line_checks as k
union all
select
    c.market_ticker,
    lower(ops.counted_time(c)) as from_at,
    c.until_at as to_at,
    'count' as kind,
    c.gatherer_id,
    false as is_proven,
    0 as wrong_levels,
    null as from_clock,
    null as to_clock
from ops.line_counts as c
where c.is_finding and not c.counts_agree;

comment on view market_data.book_checks is
'What shows whether the changes of an order book are complete; restrict it to a market and a time. An interval is '
'proven if a row of kind clock or line proves it and none of kind count lies in it.';
comment on column market_data.book_checks.market_ticker is 'The market.';
comment on column market_data.book_checks.from_at is 'The beginning of the interval: a snapshot was received.';
comment on column market_data.book_checks.to_at is 'Its end, which does not belong to it.';
comment on column market_data.book_checks.kind is
'clock: production compared two snapshots and the changes between them, by the exchange''s clock; line: a gatherer did '
'so on one connection, by sequence numbers; count: production holds another number of changes than a connection.';
comment on column market_data.book_checks.gatherer_id is 'Whose connection it was; null if production compared.';
comment on column market_data.book_checks.is_proven is
'Whether the changes explain the later snapshot, so that none is missing.';
comment on column market_data.book_checks.wrong_levels is 'Levels of the later snapshot that differ.';
comment on column market_data.book_checks.from_clock is
'The clock of the earlier snapshot: changes with a higher one are compared; null if no clock was used.';
comment on column market_data.book_checks.to_clock is
'The clock of the later snapshot, which is that of the last change compared; null if no clock was used.';
