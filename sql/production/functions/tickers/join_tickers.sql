-- Work out which market summaries production is to hold of each group: those received, without poorer copies, and
-- joined where they agree in all that both have. Each has the best time, the first receipt and the first gatherer of
-- the rows that say nothing more.
-- Reads: pg_temp.received_tickers
-- Writes: pg_temp.joined_tickers, pg_temp.wanted_tickers
-- Returns: nothing
create or replace function ops.join_tickers() returns void
language plpgsql
as $$
begin
    insert into pg_temp.joined_tickers (market_ticker, began_at, richest, joined)
    select r.market_ticker, r.began_at, r.richest, ops.join_rows(r.richest)
    from (
        select r.market_ticker, r.began_at, ops.richest_rows(array_agg(distinct r.labels)) as richest
        from pg_temp.received_tickers as r
        group by r.market_ticker, r.began_at
    ) as r;

    insert into pg_temp.wanted_tickers (
        market_ticker, began_at, exchange_ts, time_digits, received_at, gatherer_id, labels
    )
    select
        r.market_ticker, r.began_at,
        coalesce(max(r.exchange_ts) filter (where r.time_digits > 0), min(r.exchange_ts)), max(r.time_digits),
        min(r.received_at), (array_agg(r.gatherer_id order by r.received_at, r.gatherer_id))[1], w.labels
    from pg_temp.joined_tickers as j
    cross join unnest(j.joined) as w (labels)
    inner join pg_temp.received_tickers as r
        on j.market_ticker = r.market_ticker and j.began_at = r.began_at and w.labels || r.labels = w.labels
    group by r.market_ticker, r.began_at, w.labels;
end;
$$;

comment on function ops.join_tickers is 'Work out which market summaries production is to hold of each group.';
