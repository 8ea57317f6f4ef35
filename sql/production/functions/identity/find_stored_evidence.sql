-- Find the stored evidence whose windows overlap those that were found, and what overlaps that, and so on. Windows of
-- one kind of change that overlap are looked up as one range of time. Changes without a time may follow each other for
-- hours, so the search ends after some steps.
-- Parameters: unit, how long the shortest neighbourhood is; reach, how long the longest window is
-- Reads: ops.delta_evidence
-- Writes: pg_temp.found_evidence, pg_temp.found_ranges
-- Returns: nothing
create or replace function ops.find_stored_evidence(unit interval, reach interval) returns void
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    steps_max constant integer := 12;
    began timestamptz;
    ended timestamptz;
    known_rows bigint := 0;
    found_rows bigint;
begin
    for step in 1 .. steps_max loop
        select min(f.from_at) - unit - reach, max(f.until_at) + unit + reach into began, ended
        from pg_temp.found_evidence as f;
        -- Most hours have none, and to find the ranges costs more than all other steps but one.
        exit when not exists (
            select from ops.delta_evidence as e where e.exchange_ts >= began and e.exchange_ts < ended
        );
        perform ops.find_ranges(unit);
        delete from pg_temp.found_evidence as f where f.source = 'stored';
        insert into pg_temp.found_evidence
        select distinct on (e.exchange_ts, e.market_ticker, e.clock, e.side, e.price, e.size_delta, e.time_digits, e.began_at)
            'stored', null::tid, e.exchange_ts, e.market_ticker, e.side, e.price, e.size_delta, e.clock, e.time_digits,
            e.began_at, e.change_count, e.received_at, e.gatherer_id,
            ops.window_begins_at(e.exchange_ts, e.time_digits, e.began_at),
            ops.window_ends_at(e.exchange_ts, e.time_digits)
        from pg_temp.found_ranges as r
        inner join ops.delta_evidence as e
            on
                (r.market_ticker, r.side, r.price, r.size_delta) = (e.market_ticker, e.side, e.price, e.size_delta)
                and e.exchange_ts >= r.from_at - reach
                and e.exchange_ts < r.until_at + reach
        where
            e.exchange_ts >= began and e.exchange_ts < ended
            and ops.window_begins_at(e.exchange_ts, e.time_digits, e.began_at) < r.until_at
            and ops.window_ends_at(e.exchange_ts, e.time_digits) > r.from_at;
        get diagnostics found_rows = row_count;
        exit when found_rows = known_rows or reach = interval '0';
        known_rows := found_rows;
    end loop;
end;
$$;

comment on function ops.find_stored_evidence is 'Find the stored evidence whose windows overlap those that were found.';
