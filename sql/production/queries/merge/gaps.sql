-- Merge staged gaps: keep the newest state of each. A closed state is newer than an open one; otherwise
-- the later transaction wins. The beginning is the earlier of two times, even if the gatherer's clock was set back.
-- Reads: pg_temp.stage
-- Writes: ops.gaps
-- Returns: per gatherer how many rows were new or changed
with
changed as (
    insert into ops.gaps as known (
        gatherer_id, epoch, frame_number, connection_id, sid, channel, seq_expected, seq_received, began_at,
        detected_at, ended_at, repair, ingest_xid
    )
    select distinct on (gatherer_id, epoch, frame_number)
        gatherer_id, epoch, frame_number, connection_id, sid, channel, seq_expected, seq_received,
        least(began_at, detected_at) as began_at, greatest(began_at, detected_at) as detected_at, ended_at, repair,
        ingest_xid
    from stage
    order by
        gatherer_id asc, epoch asc, frame_number asc,
        ended_at is null asc, ingest_xid desc
    on conflict (gatherer_id, epoch, frame_number) do update
        set
            connection_id = excluded.connection_id,
            sid = excluded.sid,
            channel = excluded.channel,
            seq_expected = excluded.seq_expected,
            seq_received = excluded.seq_received,
            began_at = excluded.began_at,
            detected_at = excluded.detected_at,
            ended_at = excluded.ended_at,
            repair = excluded.repair,
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
