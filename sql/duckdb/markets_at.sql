-- The markets as they were known at a moment: each in its newest state that was fetched by then, by the rule of
-- production. A state without a time of its change is newer if it was fetched later. Outcomes that the exchange
-- announced by then are added.
-- Parameters: moment, a time as text or timestamptz
-- Reads: markets_history, lifecycle
-- Returns: the columns of markets_history
create or replace macro markets_at(moment) as table
    with known as (
        select
            *,
            max_by(fetched_at, (updated_time, fetched_at, body_sha256)) filter (where updated_time is not null)
                over (partition by ticker) as timed_at
        from markets_history
        where fetched_at <= moment::timestamptz
    ),

    newest as (
        select * exclude (timed_at)
        from known
        qualify
            row_number() over (
                partition by ticker
                order by
                    (updated_time is null and fetched_at > timed_at) desc, updated_time desc nulls last,
                    fetched_at desc, body_sha256 desc
            ) = 1
    ),

    announced as (
        select
            subject_ticker,
            max_by(payload ->> '$.result', seen_at) as result,
            max(seen_at) as seen_at
        from lifecycle
        where kind = 'determined' and seen_at <= moment::timestamptz and (payload ->> '$.result') <> ''
        group by subject_ticker
    )

    select
        n.* replace (
            case
                when a.seen_at > n.fetched_at or coalesce(n.result, '') = '' then coalesce(a.result, n.result) else
                    n.result
            end as result,
            case
                when
                    a.seen_at > n.fetched_at or (a.result is not null and coalesce(n.result, '') = '')
                    then 'determined'
                else n.status
            end as status
        )
    from newest as n
    left join announced as a on n.ticker = a.subject_ticker
    order by n.ticker;
