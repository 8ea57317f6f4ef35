-- Reclassify minutes that something late has touched. One call does at most a day of each market; the rest stays due.
-- Parameters: until_at, later minutes have not been classified at all yet; markets_max, how many markets one call does
-- Writes: ops.classified_minutes, ops.steady_states, ops.market_minutes_due, ops.archive_partitions
-- Returns: how many rows of ops.classified_minutes were written
create or replace function ops.reclassify_minutes(until_at timestamptz, markets_max integer) returns bigint
language plpgsql
as $$
declare
    due record;
    written bigint := 0;
begin
    if until_at is null then
        return 0;
    end if;
    for due in
        with
        span as materialized (
            select t.* from ops.take_due_minutes(until_at, markets_max) as t
        ),

        remaining as (
            insert into ops.market_minutes_due (stream, market_ticker, during)
            select s.stream, s.market_ticker, tstzrange(s.from_at + interval '1 day', s.until_at) as during
            from span as s
            where s.until_at > s.from_at + interval '1 day'
        )

        select
            s.stream, array_agg(s.market_ticker) filter (where s.from_at < s.until_at) as tickers,
            array_agg(s.from_at) filter (where s.from_at < s.until_at) as from_times,
            array_agg(least(s.until_at, s.from_at + interval '1 day')) filter (where s.from_at < s.until_at)
            as until_times,
            array_agg(s.market_ticker) filter (where s.is_lasting) as unsteady_tickers
        from span as s
        group by s.stream
    loop
        written := written + ops.classify_minutes(due.stream, due.tickers, due.from_times, due.until_times);
        perform ops.mark_judged_hours(due.from_times, due.until_times);
        perform ops.renew_steady_states(due.stream, due.unsteady_tickers, until_at);
    end loop;
    return written;
end;
$$;

comment on function ops.reclassify_minutes is 'Reclassify minutes that something late has touched.';
