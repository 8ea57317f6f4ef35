-- Find staged market summaries that packed rows hold, equal in all fields. Summaries of hours in which rows have
-- different fields, or near rows without a time, are not looked at, because there an equal row may say something new.
-- Parameters: hours, those to look at
-- Reads: pg_temp.stage, market_data.tickers_unpacked, ops.ticker_labels
-- Writes: pg_temp.packed_copies, and what ops.mixed_ticker_hours writes
-- Returns: nothing
create or replace function ops.find_packed_tickers(hours timestamptz[]) returns void
language plpgsql
as $$
declare
    mixed_hours timestamptz[] := ops.mixed_ticker_hours();
begin
    mixed_hours := mixed_hours || array(
        select l.hour + n.hours * interval '1 h'
        from ops.ticker_labels as l
        cross join generate_series(-1, 1) as n (hours)
        where l.labels & 1 = 0
    );
    with
    staged as materialized (
        select
            s.market_ticker, date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as hour,
            min(s.exchange_ts) as from_at, max(s.exchange_ts) as until_at
        from pg_temp.stage as s
        group by 1, 2
    ),

    held as materialized (
        select u.exchange_ts, u.market_ticker, u.values_sha256
        from staged as s
        inner join market_data.tickers_unpacked as u
            on
                s.hour = u.hour and s.market_ticker = u.market_ticker
                and u.exchange_ts >= s.from_at and u.exchange_ts <= s.until_at
        where u.hour = any(hours) and u.hour <> all(mixed_hours)
    )

    insert into pg_temp.packed_copies (place)
    select s.ctid
    from pg_temp.stage as s
    inner join held as h
        on (s.exchange_ts, s.market_ticker, s.values_sha256) = (h.exchange_ts, h.market_ticker, h.values_sha256);
end;
$$;

comment on function ops.find_packed_tickers is 'Find staged market summaries that packed rows hold.';
