-- The markets in the newest state that was fetched by a moment, by the rule of production: a state without a time of
-- its change is newer if it was fetched later. The states are those of the last list that was written by then, at most
-- a week before, and of the history since the day before it.
-- Parameters: until, a time as text or timestamptz
-- Reads: markets, markets_history
-- Returns: the columns of a list of markets; since_at, from when on messages may change what it says
create or replace macro markets_known(until) as table
    with whole_lists as (
        select date
        from markets
        where date between utc_day(until) - 7 and utc_day(until)
        group by date
        having bool_and(fetched_at <= until::timestamptz)
    ),

    begins as (
        select
            coalesce(date, utc_day(until) - 7) as listed_on,
            coalesce(date - 1, utc_day(until) - 8)::timestamp at time zone 'UTC' as since_at
        from (select max(date) as date from whole_lists) as newest
    ),

    known as (
        select m.* exclude (date), b.since_at
        from markets as m
        inner join begins as b on m.date >= b.listed_on
        where m.date between utc_day(until) - 7 and utc_day(until) and m.fetched_at <= until::timestamptz
        union all by name
        select h.* exclude (date, hour), b.since_at
        from markets_history as h
        inner join begins as b on h.fetched_at >= b.since_at
        where h.date between utc_day(until) - 8 and utc_day(until) and h.fetched_at <= until::timestamptz
    ),

    ranked as (
        select
            *,
            max_by(fetched_at, (updated_time, fetched_at, body_sha256)) filter (where updated_time is not null)
                over (partition by ticker) as timed_at
        from known
    )

    select * exclude (timed_at)
    from ranked
    qualify
        row_number() over (
            partition by ticker
            order by
                (updated_time is null and fetched_at > timed_at) desc, updated_time desc nulls last,
                fetched_at desc, body_sha256 desc
        ) = 1;
