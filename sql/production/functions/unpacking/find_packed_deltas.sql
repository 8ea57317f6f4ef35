-- Find staged order-book changes that packed rows hold, equal in all but receipt. Changes of hours in which rows have
-- different labels are not looked at, because there an equal row may say something new.
-- Parameters: hours, those to look at
-- Reads: pg_temp.stage, market_data.packed_orderbook_deltas
-- Writes: pg_temp.packed_copies, and what ops.record_delta_labels writes
-- Returns: nothing
create or replace function ops.find_packed_deltas(hours timestamptz[]) returns void
language plpgsql
as $$
declare
    mixed_hours constant timestamptz[] := coalesce(ops.record_delta_labels(), '{}');
begin
    with
    staged as materialized (
        select
            s.market_ticker, date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as hour,
            min(s.exchange_ts) as from_at, max(s.exchange_ts) as until_at
        from pg_temp.stage as s
        group by 1, 2
    ),

    held as materialized (
        select
            u.exchange_ts, u.market_ticker, u.clock, u.side, u.price, u.size_delta, u.occurrence, u.time_digits
        from staged as s
        inner join market_data.packed_orderbook_deltas as p on s.hour = p.hour and s.market_ticker = p.market_ticker
        cross join lateral market_data.unpacked_deltas(p, s.from_at, s.until_at + interval '1 us') as u
        where p.hour = any(hours) and p.hour <> all(mixed_hours)
    )

    insert into pg_temp.packed_copies (place)
    select s.ctid
    from pg_temp.stage as s
    inner join held as h
        on
            (s.exchange_ts, s.market_ticker, s.clock, s.side, s.price, s.size_delta, s.occurrence, s.time_digits)
            = (h.exchange_ts, h.market_ticker, h.clock, h.side, h.price, h.size_delta, h.occurrence, h.time_digits);
end;
$$;

comment on function ops.find_packed_deltas is 'Find staged order-book changes that packed rows hold.';
