-- Find the next hot market summaries of an hour to pack, and how they go into packed rows: those of a market with the
-- same labels go into the same row. Arrays cannot hold more than four decimal places, values far above the lowest,
-- delays of more than 1,000 s, and digests that are not those of the values.
-- Parameters: wanted_hour; first_ticker, the market to begin with; rows_max
-- Reads: market_data.hot_tickers
-- Returns: the place of each, its labels, its values in units of their last place, and the lowest values of its row;
-- whether arrays can hold it, else all of it
create or replace function ops.find_packable_tickers(wanted_hour timestamptz, first_ticker text, rows_max integer)
returns table (
    part oid, place tid, market_ticker text, exchange_ts timestamptz, received_at timestamptz, gatherer_id smallint,
    time_digits smallint, market_id text, scales smallint[], moment_digits smallint, moment bigint, units bigint[],
    lowest bigint[], is_plain boolean, exact_row jsonb
)
language sql
stable
as $$
    with
    picked as materialized (
        select t.tableoid as part, t.ctid as place, t.*
        from market_data.hot_tickers as t
        where
            t.exchange_ts >= wanted_hour and t.exchange_ts < wanted_hour + interval '1 h'
            and t.market_ticker >= first_ticker
        order by t.market_ticker, t.exchange_ts
        limit rows_max
    ),

    -- Else the numbers would be computed again for each use of one of them.
    measured as materialized (
        select
            p.*, round(date_part('epoch', p.exchange_ts - wanted_hour) * 1e6)::bigint as microsecond,
            ops.ticker_units(
                p.last_price, p.yes_bid, p.yes_ask, p.yes_bid_size, p.yes_ask_size, p.last_trade_size, p.volume,
                p.open_interest, p.dollar_volume, p.dollar_open_interest
            ) as units,
            ops.ticker_scales(
                p.last_price, p.yes_bid, p.yes_ask, p.yes_bid_size, p.yes_ask_size, p.last_trade_size, p.volume,
                p.open_interest, p.dollar_volume, p.dollar_open_interest
            ) as scales,
            p.values_sha256 = ops.ticker_digest(
                p.time_digits, p.market_id, p.last_price, p.yes_bid, p.yes_ask, p.yes_bid_size, p.yes_ask_size,
                p.last_trade_size, p.volume, p.open_interest, p.dollar_volume, p.dollar_open_interest
            ) as has_digest
        from picked as p
    ),

    judged as (
        select
            m.*, case when m.microsecond % 1000 = 0 then 3 else 6 end::smallint as moment_digits,
            m.units is not null and m.has_digest and m.received_at
            between m.exchange_ts - interval '1000 s' and m.exchange_ts + interval '1000 s' as fits
        from measured as m
    ),

    based as (
        select
            j.*,
            array[
                min(j.units[1]) over kind, min(j.units[2]) over kind, min(j.units[3]) over kind,
                min(j.units[4]) over kind, min(j.units[5]) over kind, min(j.units[6]) over kind,
                min(j.units[7]) over kind, min(j.units[8]) over kind, min(j.units[9]) over kind,
                min(j.units[10]) over kind
            ] as lowest
        from judged as j
        window kind as (
            partition by j.market_ticker, j.fits, j.market_id, j.time_digits, j.scales, j.moment_digits
        )
    )

    select
        b.part, b.place, b.market_ticker, b.exchange_ts, b.received_at, b.gatherer_id, b.time_digits, b.market_id,
        b.scales, b.moment_digits, case b.moment_digits when 3 then b.microsecond / 1000 else b.microsecond end,
        b.units, b.lowest, k.is_plain,
        case
            when not k.is_plain
                then to_jsonb(b) - '{part,place,microsecond,units,scales,has_digest,moment_digits,fits,lowest}'::text[]
        end
    from based as b
    cross join lateral (
        select
            b.fits
            and coalesce(
                greatest(b.units[1] - b.lowest[1], b.units[2] - b.lowest[2], b.units[3] - b.lowest[3]) < 32768, true
            )
            and coalesce(
                greatest(
                    b.units[4] - b.lowest[4], b.units[5] - b.lowest[5], b.units[6] - b.lowest[6],
                    b.units[7] - b.lowest[7], b.units[8] - b.lowest[8], b.units[9] - b.lowest[9],
                    b.units[10] - b.lowest[10]
                ) < 2147483648,
                true
            ) as is_plain
    ) as k;
$$;

comment on function ops.find_packable_tickers is
'The next hot market summaries of an hour to pack, and how they go into packed rows.';
