-- Reclassify minutes that something late has touched. One call does at most a day of each market; the rest stays due.
-- Parameters: until_at, later minutes have not been classified at all yet; markets_max, how many markets one call does
-- Writes: eager.market_minutes, eager.market_minutes_due
-- Returns: how many rows of eager.market_minutes were written
create or replace function eager.reclassify_minutes(until_at timestamptz, markets_max integer) returns bigint
language plpgsql
as $$
declare
    written bigint;
begin
    if until_at is null then
        return 0;
    end if;
    with
    picked as (
        select d.stream, d.market_ticker
        from eager.market_minutes_due as d
        group by d.stream, d.market_ticker
        limit markets_max
    ),

    taken as (
        delete from eager.market_minutes_due as d using picked as p
        where d.stream = p.stream and d.market_ticker = p.market_ticker
        returning d.stream, d.market_ticker, d.during
    ),

    span as (
        select
            t.stream, t.market_ticker,
            date_bin(
                '1 min', greatest(min(lower(t.during)), lower(ops.believed_times())), timestamptz 'epoch'
            ) as from_at,
            least(
                until_at,
                max(case when upper_inf(t.during) then until_at
                    else date_bin('1 min', upper(t.during) + interval '1 min', timestamptz 'epoch') end)
            ) as until_at
        from taken as t
        group by t.stream, t.market_ticker
    ),

    remaining as (
        insert into eager.market_minutes_due (stream, market_ticker, during)
        select s.stream, s.market_ticker, tstzrange(s.from_at + interval '1 day', s.until_at) as during
        from span as s
        where s.until_at > s.from_at + interval '1 day'
    ),

    step as (
        select
            s.stream, array_agg(s.market_ticker) as tickers, array_agg(s.from_at) as from_times,
            array_agg(least(s.until_at, s.from_at + interval '1 day')) as until_times
        from span as s
        where s.from_at < s.until_at
        group by s.stream
    )

    select coalesce(sum(eager.classify_minutes(s.stream, s.tickers, s.from_times, s.until_times)), 0) into written
    from step as s;
    return written;
end;
$$;

comment on function eager.reclassify_minutes is 'Reclassify minutes that something late has touched.';
