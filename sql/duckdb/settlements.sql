-- What each market paid for a YES contract, as the exchange last said when it was determined.
-- Reads: lifecycle
-- Returns: market_ticker, result, yes_value in dollars, determined_at and seen_at
create or replace view settlements as
select
    subject_ticker as market_ticker,
    payload ->> '$.result' as result,
    try_cast(payload ->> '$.settlement_value' as decimal(18, 6)) as yes_value,
    to_timestamp(try_cast(payload ->> '$.determination_ts' as bigint)) as determined_at,
    seen_at
from lifecycle
where kind = 'determined'
qualify row_number() over (partition by subject_ticker order by seen_at desc) = 1;
