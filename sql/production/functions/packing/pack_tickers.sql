-- Move hot market summaries of an hour into packed rows: one per market and set of labels. What arrays cannot hold
-- becomes exact rows.
-- Parameters: wanted_hour; first_ticker, the market to begin with; rows_max, how many summaries one call moves
-- Reads: what ops.find_packable_tickers reads
-- Writes: market_data.hot_tickers, market_data.packed_tickers
-- Returns: one row: how many summaries were moved, and the last market
create or replace function ops.pack_tickers(wanted_hour timestamptz, first_ticker text, rows_max integer)
returns table (moved bigint, last_ticker text)
language sql
as $$
    with
    found as materialized (
        select f.* from ops.find_packable_tickers(wanted_hour, first_ticker, rows_max) as f
    ),

    removed as (
        delete from market_data.hot_tickers as t using found as f
        where
            t.exchange_ts >= wanted_hour and t.exchange_ts < wanted_hour + interval '1 h'
            and t.tableoid = f.part and t.ctid = f.place
        returning f.*
    ),

    stepped as (
        select
            r.*,
            row_number() over kind as number,
            (round(date_part('epoch', r.received_at - r.exchange_ts) * 1e6))::integer as delay,
            (r.units[7] - lag(r.units[7], 1, r.lowest[7]) over kind)::integer as volume_step,
            (r.units[8] - lag(r.units[8], 1, r.lowest[8]) over kind)::integer as interest_step,
            (r.units[9] - lag(r.units[9], 1, r.lowest[9]) over kind)::integer as dollar_volume_step,
            (r.units[10] - lag(r.units[10], 1, r.lowest[10]) over kind)::integer as dollar_interest_step
        from removed as r
        where r.is_plain
        window kind as (
            partition by r.market_ticker, r.market_id, r.time_digits, r.scales, r.moment_digits, r.lowest
            order by r.exchange_ts, r.received_at
        )
    ),

    delayed as (
        select
            s.*,
            min(s.delay) over (
                partition by s.market_ticker, s.market_id, s.time_digits, s.scales, s.moment_digits, s.lowest
            ) as shortest_delay
        from stepped as s
    ),

    packed as (
        insert into market_data.packed_tickers
        select
            wanted_hour, d.market_ticker, count(*), d.time_digits, d.market_id, d.scales, d.lowest, d.moment_digits,
            d.shortest_delay, min(d.gatherer_id),
            array_agg(((d.moment & 65535) - 32768)::smallint order by d.number),
            array_agg(((d.moment >> 16) - 32768)::smallint order by d.number),
            array_agg((((d.delay - d.shortest_delay) & 65535) - 32768)::smallint order by d.number),
            case
                when max(d.delay) - d.shortest_delay > 65535
                    then array_agg(((d.delay - d.shortest_delay) >> 16)::smallint order by d.number)
            end,
            case
                when max(d.units[1]) > d.lowest[1]
                    then array_agg((d.units[1] - d.lowest[1])::smallint order by d.number)
            end,
            case
                when max(d.units[2]) > d.lowest[2]
                    then array_agg((d.units[2] - d.lowest[2])::smallint order by d.number)
            end,
            case
                when max(d.units[3]) > d.lowest[3]
                    then array_agg((d.units[3] - d.lowest[3])::smallint order by d.number)
            end,
            case
                when max(d.units[4]) > d.lowest[4]
                    then array_agg((d.units[4] - d.lowest[4])::integer order by d.number)
            end,
            case
                when max(d.units[5]) > d.lowest[5]
                    then array_agg((d.units[5] - d.lowest[5])::integer order by d.number)
            end,
            case
                when max(d.units[6]) > d.lowest[6]
                    then array_agg((d.units[6] - d.lowest[6])::integer order by d.number)
            end,
            case when bool_or(d.volume_step <> 0) then array_agg(d.volume_step order by d.number) end,
            case when bool_or(d.interest_step <> 0) then array_agg(d.interest_step order by d.number) end,
            case when bool_or(d.dollar_volume_step <> 0) then array_agg(d.dollar_volume_step order by d.number) end,
            case when bool_or(d.dollar_interest_step <> 0) then array_agg(d.dollar_interest_step order by d.number) end,
            case when max(d.gatherer_id) > min(d.gatherer_id) then array_agg(d.gatherer_id order by d.number) end,
            null::jsonb
        from delayed as d
        group by
            d.market_ticker, d.market_id, d.time_digits, d.scales, d.moment_digits, d.lowest, d.shortest_delay
        union all
        select
            wanted_hour, r.market_ticker, count(*), null, null, '{}', '{}', 0, 0, 0, '{}', '{}', '{}', null, null, null,
            null, null, null, null, null, null, null, null, null, jsonb_agg(r.exact_row)
        from removed as r
        where not r.is_plain
        group by r.market_ticker
    )

    -- The hour goes on in the order of the rows, not in that of the database.
    select count(*), max(r.market_ticker collate "C") from removed as r;
$$;

comment on function ops.pack_tickers is 'Move hot market summaries of an hour into packed rows.';
