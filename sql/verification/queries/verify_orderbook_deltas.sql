-- Compare order-book deltas with what an exchange published: equal changes as often as they were sent.
-- Reads: pg_temp.journal, market_data.orderbook_deltas
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
message as (
    select
        line #> '{frame, msg}' as msg,
        timestamptz 'epoch' + (line #>> '{frame, msg, ts_ms}')::bigint * interval '1 ms' as coarse,
        -- PostgreSQL rounds digits beyond a microsecond, the platform cuts them off.
        case
            when jsonb_typeof(line #> '{frame, msg, ts}') = 'string'
                then regexp_replace(line #>> '{frame, msg, ts}', '([.]\d{6})\d+', '\1')::timestamptz
        end as fine
    from journal
    where line #>> '{frame, type}' = 'orderbook_delta'
),

published as (
    select
        msg ->> 'market_ticker' as market_ticker,
        case
            when coarse is null or (fine >= coarse and fine < coarse + interval '1 ms') then fine
            else coarse
        end as exchange_ts,
        coalesce((msg ->> 'clock')::bigint, 0) as clock,
        msg ->> 'side' as side,
        coalesce((msg ->> 'price_dollars')::numeric, (msg ->> 'price')::numeric / 100) as price,
        coalesce(msg ->> 'delta_fp', msg ->> 'delta')::numeric as size_delta
    from message
),

held as (
    select
        market_ticker,
        exchange_ts,
        clock,
        side,
        price,
        size_delta
    from market_data.orderbook_deltas
),

lost as (
    select * from published
    except all
    select * from held
),

invented as (
    select * from held
    except all
    select * from published
)

select
    (select count(*) from published) as published,
    (select count(*) from held) as held,
    (select count(*) from lost) as lost,
    (select count(*) from invented) as invented;
