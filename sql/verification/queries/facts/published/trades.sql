-- List the published trades for the comparison, each once.
-- Reads: pg_temp.published_trade
-- Writes: pg_temp.published_fact
-- Returns: nothing
insert into published_fact (
    line_number, subject, labels, exchange_ts, is_partial, lackable, may_be_coarse, may_lack_time
)
with
trade as (
    select
        *,
        jsonb_strip_nulls(
            jsonb_build_object(
                'market_ticker', market_ticker, 'yes_price', yes_price, 'no_price', no_price, 'size', size,
                'taker_side', taker_side, 'is_block_trade', is_block_trade
            )
        ) as labels
    from published_trade
    where is_readable
)

select
    min(line_number) as line_number,
    trade_id as subject,
    labels,
    exchange_ts,
    bool_or(
        exchange_ts is null
        or lacking ?| array['ts', 'ts_ms', 'taker_side', 'taker_outcome_side', 'taker_book_side', 'is_block_trade']
    ) as is_partial,
    case
        when bool_or(lacking ?| array['taker_side', 'taker_outcome_side', 'taker_book_side']) then array['taker_side']
        else '{}'
    end || case when bool_or(lacking ? 'is_block_trade') then array['is_block_trade'] else '{}' end as lackable,
    bool_or(lacking ?| array['ts', 'ts_ms']) as may_be_coarse,
    bool_or(exchange_ts is null or lacking ?& array['ts', 'ts_ms']) as may_lack_time
from trade
group by trade_id, labels, exchange_ts;
