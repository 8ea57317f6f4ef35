-- Find all market summaries that were received in each group: the staged rows, the stored evidence, and the rows that
-- production holds of times of which no evidence is stored.
-- Reads: pg_temp.stage, pg_temp.ticker_groups, market_data.hot_tickers, ops.ticker_evidence
-- Writes: pg_temp.held_tickers, pg_temp.received_tickers
-- Returns: nothing
create or replace function ops.find_received_tickers() returns void
language plpgsql
as $$
begin
    insert into pg_temp.held_tickers (
        market_ticker, began_at, exchange_ts, time_digits, received_at, gatherer_id, labels, values_sha256
    )
    select
        g.market_ticker, g.began_at, t.exchange_ts, t.time_digits, t.received_at, t.gatherer_id,
        ops.ticker_row(to_jsonb(t), t.exchange_ts, t.time_digits), t.values_sha256
    from pg_temp.ticker_groups as g
    inner join market_data.hot_tickers as t
        on g.market_ticker = t.market_ticker and t.exchange_ts >= g.began_at and t.exchange_ts < g.ended_at
    where t.time_digits is not null;

    insert into pg_temp.received_tickers (
        market_ticker, began_at, exchange_ts, time_digits, received_at, gatherer_id, labels
    )
    select
        g.market_ticker, g.began_at, s.exchange_ts, s.time_digits, s.received_at, s.gatherer_id,
        ops.ticker_row(to_jsonb(s), s.exchange_ts, s.time_digits)
    from pg_temp.ticker_groups as g
    inner join pg_temp.stage as s
        on
            g.market_ticker = s.market_ticker
            and g.second = date_bin('1 s', s.exchange_ts, '2000-01-01 00:00:00+00')
            and s.exchange_ts >= g.began_at and s.exchange_ts < g.ended_at
    where s.time_digits is not null
    union all
    select h.market_ticker, h.began_at, h.exchange_ts, h.time_digits, h.received_at, h.gatherer_id, h.labels
    from pg_temp.held_tickers as h
    where not exists (
        select from ops.ticker_evidence as e
        where (e.market_ticker, e.exchange_ts, e.time_digits) = (h.market_ticker, h.exchange_ts, h.time_digits)
    )
    union all
    select g.market_ticker, g.began_at, e.exchange_ts, e.time_digits, e.received_at, e.gatherer_id, e.labels
    from pg_temp.ticker_groups as g
    inner join ops.ticker_evidence as e
        on g.market_ticker = e.market_ticker and e.exchange_ts >= g.began_at and e.exchange_ts < g.ended_at;
end;
$$;

comment on function ops.find_received_tickers is 'Find all market summaries that were received in each group.';
