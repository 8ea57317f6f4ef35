-- Store the market summaries as they were received of each group of which production holds rows joined of several, and
-- forget what was stored of the other groups.
-- Reads: pg_temp.ticker_groups, pg_temp.joined_tickers, pg_temp.received_tickers
-- Writes: ops.ticker_evidence
-- Returns: nothing
create or replace function ops.store_ticker_evidence() returns void
language plpgsql
as $$
begin
    delete from ops.ticker_evidence as e using pg_temp.ticker_groups as g
    where e.market_ticker = g.market_ticker and e.exchange_ts >= g.began_at and e.exchange_ts < g.ended_at;

    insert into ops.ticker_evidence (market_ticker, exchange_ts, time_digits, labels, received_at, gatherer_id)
    select distinct on (r.market_ticker, r.began_at, r.labels)
        r.market_ticker, r.exchange_ts, r.time_digits, r.labels, r.received_at, r.gatherer_id
    from pg_temp.joined_tickers as j
    inner join pg_temp.received_tickers as r on j.market_ticker = r.market_ticker and j.began_at = r.began_at
    where cardinality(j.joined) < cardinality(j.richest) and r.labels = any(j.richest)
    order by r.market_ticker, r.began_at, r.labels, r.received_at, r.gatherer_id;
end;
$$;

comment on function ops.store_ticker_evidence is 'Store market summaries as they were received.';
