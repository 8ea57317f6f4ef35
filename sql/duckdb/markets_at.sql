-- The markets as they were known at a moment, as markets(at) of the library returns them: each in its newest state that
-- was fetched by then, with what the exchange announced since: that it was paused, determined or settled, or closes at
-- another time. An outcome that was announced before counts if that state has none.
-- Parameters: moment, a time as text or timestamptz
-- Reads: markets_known, lifecycle_said
-- Returns: the columns of a list of markets; an error if there is neither a list nor a history of that time
create or replace macro markets_at(moment) as table
    with newest as (
        select * from markets_known(moment)
    ),

    said as (
        select
            s.*,
            s.seen_at > n.fetched_at as is_later
        from newest as n
        inner join lifecycle_said as s on n.ticker = s.ticker
        where
            s.date between utc_day(moment) - 8 and utc_day(moment)
            and s.seen_at between n.since_at and moment::timestamptz
            and (s.seen_at > n.fetched_at or (s.kind = 'determined' and coalesce(n.result, '') = ''))
    ),

    -- The last message counts that says something of a column, of those before the state the first with an outcome.
    changed as (
        select
            ticker,
            coalesce(max_by(status, place) filter (where is_later), min(status)) as status,
            coalesce(max_by(result, place) filter (where is_later), min_by(result, place)) as result,
            max_by(close_time, place) filter (where is_later) as close_time,
            max_by(settlement_ts, place) filter (where is_later) as settlement_ts
        from said
        group by ticker
    )

    select
        n.* exclude (since_at) replace (
            coalesce(c.status, n.status) as status,
            coalesce(c.result, n.result) as result,
            coalesce(c.close_time, n.close_time) as close_time,
            coalesce(c.settlement_ts, n.settlement_ts) as settlement_ts
        )
    from newest as n
    left join changed as c on n.ticker = c.ticker
    order by n.ticker
    -- No limit, but an error if nothing is known.
    limit (
        select
            case
                when not exists (select 1 from newest)
                    then error(
                        'the archive has no listing of markets of ' || moment::text
                        || ' or the days before: choose a later moment'
                    )
            end
    );
