-- List the published market summaries for the comparison: each set of values once.
-- Reads: pg_temp.published_ticker
-- Writes: pg_temp.published_fact
-- Returns: nothing
insert into published_fact (
    line_number, subject, labels, exchange_ts, is_partial, lackable, may_be_coarse, may_lack_time
)
with
ticker as (
    select
        *,
        jsonb_strip_nulls(
            jsonb_build_object(
                'market_id', market_id, 'last_price', last_price, 'yes_bid', yes_bid, 'yes_ask', yes_ask,
                'yes_bid_size', yes_bid_size, 'yes_ask_size', yes_ask_size,
                'last_trade_size', last_trade_size, 'volume', volume, 'open_interest', open_interest,
                'dollar_volume', dollar_volume, 'dollar_open_interest', dollar_open_interest
            )
        ) as labels,
        array(
            select regexp_replace(replace(f.name, 'price_dollars', 'last_price'), '_(dollars|fp)$', '')
            from jsonb_array_elements_text(published_ticker.lacking) as f (name)
        ) as lackable
    from published_ticker
    where is_readable
)

select
    min(line_number) as line_number,
    market_ticker as subject,
    labels,
    exchange_ts,
    bool_or(exchange_ts is null or lacking <> '[]') as is_partial,
    array_remove(array_agg(distinct lackable_label), null) as lackable,
    bool_or(lacking ?| array['ts', 'ts_ms', 'time']) as may_be_coarse,
    bool_or(exchange_ts is null or lacking ?& array['ts', 'ts_ms', 'time']) as may_lack_time
from ticker
left join unnest(lackable) as l (lackable_label) on true
group by market_ticker, labels, exchange_ts;
