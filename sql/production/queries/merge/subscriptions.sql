-- Merge staged subscriptions: keep the newest state of each. A closed state is newer than an open one; otherwise
-- the later transaction wins. Coverage never ends before it began or, by more than the clocks' usual difference, later
-- than now, since a gatherer's clock may be set back or be ahead.
-- Reads: pg_temp.stage
-- Writes: ops.subscriptions
-- Returns: per gatherer how many rows were new or changed
with
changed as (
    insert into ops.subscriptions as known (
        gatherer_id, epoch, connection_id, sid, channel, market_ticker, began_at, ended_at, end_reason,
        ingest_xid
    )
    select distinct on (gatherer_id, epoch, connection_id, sid, market_ticker, began_at)
        gatherer_id, epoch, connection_id, sid, channel, market_ticker, began_at,
        case when ended_at is not null then greatest(began_at, least(ended_at, now() + interval '5 s')) end as ended_at,
        end_reason, ingest_xid
    from stage
    order by
        gatherer_id asc, epoch asc, connection_id asc, sid asc, market_ticker asc, began_at asc,
        ended_at is null asc, ingest_xid desc
    on conflict (gatherer_id, epoch, connection_id, sid, market_ticker, began_at) do update
        set
            channel = excluded.channel,
            ended_at = excluded.ended_at,
            end_reason = excluded.end_reason,
            ingest_xid = excluded.ingest_xid
        where (excluded.ended_at is not null, excluded.ingest_xid) > (known.ended_at is not null, known.ingest_xid)
    returning gatherer_id
)

select
    gatherer_id,
    null::timestamptz as touched_hour,
    count(*) as new_rows
from changed
group by gatherer_id;
