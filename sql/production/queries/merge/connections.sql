-- Merge staged connections: keep the newest state of each. A closed state is newer than an open one; otherwise
-- the later transaction wins. A connection closes when it opened if the gatherer's clock was set back meanwhile.
-- Reads: pg_temp.stage
-- Writes: ops.connections
-- Returns: per gatherer how many rows were new or changed
with
changed as (
    insert into ops.connections as known (
        gatherer_id, epoch, connection_id, name, url, use_yes_price, opened_at, closed_at, close_reason,
        frames_received, ingest_xid
    )
    select distinct on (gatherer_id, epoch, connection_id)
        gatherer_id, epoch, connection_id, name, url, use_yes_price, opened_at,
        greatest(closed_at, case when closed_at is not null then opened_at end) as closed_at, close_reason,
        frames_received, ingest_xid
    from stage
    order by
        gatherer_id asc, epoch asc, connection_id asc,
        closed_at is null asc, ingest_xid desc
    on conflict (gatherer_id, epoch, connection_id) do update
        set
            name = excluded.name,
            url = excluded.url,
            use_yes_price = excluded.use_yes_price,
            opened_at = excluded.opened_at,
            closed_at = excluded.closed_at,
            close_reason = excluded.close_reason,
            frames_received = excluded.frames_received,
            ingest_xid = excluded.ingest_xid
        where (excluded.closed_at is not null, excluded.ingest_xid) > (known.closed_at is not null, known.ingest_xid)
    returning gatherer_id
)

select
    gatherer_id,
    null::timestamptz as touched_hour,
    count(*) as new_rows
from changed
group by gatherer_id;
