-- Find the stored evidence whose windows overlap those that were found, and what overlaps that, and so on. Changes
-- without a time may follow each other for hours, so the search ends after some steps.
-- Parameters: unit, how long the shortest neighbourhood is; reach, how long the longest window is
-- Reads: ops.delta_evidence
-- Writes: pg_temp.found_evidence
-- Returns: nothing
create or replace function ops.find_stored_evidence(unit interval, reach interval) returns void
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    steps_max constant integer := 12;
    began timestamptz;
    ended timestamptz;
    found_rows bigint;
begin
    for step in 1 .. steps_max loop
        select min(f.from_at) - unit - reach, max(f.until_at) + unit + reach into began, ended
        from pg_temp.found_evidence as f;
        insert into pg_temp.found_evidence
        select distinct on (e.exchange_ts, e.market_ticker, e.clock, e.side, e.price, e.size_delta, e.time_digits, e.began_at)
            'stored', null::tid, e.exchange_ts, e.market_ticker, e.side, e.price, e.size_delta, e.clock, e.time_digits,
            e.began_at, e.change_count, e.received_at, e.gatherer_id,
            ops.window_begins_at(e.exchange_ts, e.time_digits, e.began_at),
            ops.window_ends_at(e.exchange_ts, e.time_digits)
        from pg_temp.found_evidence as f
        inner join ops.delta_evidence as e
            on
                f.market_ticker = e.market_ticker
                and e.exchange_ts >= date_bin(unit, f.from_at, '2000-01-01 00:00:00+00') - reach
                and e.exchange_ts < f.until_at + unit + reach
                and (f.side, f.price, f.size_delta) = (e.side, e.price, e.size_delta)
        where
            e.exchange_ts >= began and e.exchange_ts < ended
            and ops.window_begins_at(e.exchange_ts, e.time_digits, e.began_at)
            < date_bin(unit, f.until_at - interval '1 us', '2000-01-01 00:00:00+00') + unit
            and ops.window_ends_at(e.exchange_ts, e.time_digits)
            > date_bin(unit, f.from_at, '2000-01-01 00:00:00+00')
            and not exists (
                select from pg_temp.found_evidence as k
                where
                    k.source = 'stored'
                    and (k.exchange_ts, k.market_ticker, k.clock, k.side, k.price, k.size_delta, k.time_digits, k.began_at)
                    = (e.exchange_ts, e.market_ticker, e.clock, e.side, e.price, e.size_delta, e.time_digits, e.began_at)
            );
        get diagnostics found_rows = row_count;
        exit when found_rows = 0 or reach = interval '0';
    end loop;
end;
$$;

comment on function ops.find_stored_evidence is 'Find the stored evidence whose windows overlap those that were found.';
