-- Compute what each gatherer contributed in some hours. Every gatherer with a heartbeat or a row counts, even if it
-- received nothing in the hour.
-- Parameters: began and ended, whole hours; deltas_one_in, the sample's size: one order-book change of this many
-- Reads: ops.sightings, ops.heartbeats
-- Writes: ops.arbitration
-- Returns: how many rows were written
create or replace function ops.arbitrate_hours(began timestamptz, ended timestamptz, deltas_one_in integer)
returns bigint
language plpgsql
as $$
declare
    written bigint;
begin
    with
    seen as (
        select
            s.stream, date_trunc('hour', s.seen_at, 'UTC') as hour, s.key_hash, s.gatherer_id,
            min(s.seen_at) as seen_at, min(s.received_at) as received_at
        from ops.sightings as s
        where s.stream in ('trades', 'orderbook_deltas') and s.seen_at >= began and s.seen_at < ended
        group by s.stream, date_trunc('hour', s.seen_at, 'UTC'), s.key_hash, s.gatherer_id
    ),

    placed as (
        select
            s.*,
            row_number() over same_row as place,
            count(*) over (partition by s.stream, s.hour, s.key_hash) as gatherers,
            extract(epoch from s.received_at - min(s.received_at) over same_row) * 1000 as skew_ms,
            extract(epoch from s.received_at - s.seen_at) * 1000 as lag_ms
        from seen as s
        window same_row as (partition by s.stream, s.hour, s.key_hash order by s.received_at, s.gatherer_id)
    ),

    sampled as (
        select p.stream, p.hour, count(*) filter (where p.place = 1) as row_count
        from placed as p
        group by p.stream, p.hour
    ),

    gatherer as (
        select h.gatherer_id from ops.heartbeats as h
        union
        select s.gatherer_id from seen as s
    ),

    contributed as (
        select
            p.stream, p.hour, p.gatherer_id,
            count(*) as rows_seen,
            count(*) filter (where p.gatherers = 1) as rows_unique,
            count(*) filter (where p.place = 1) as rows_first,
            percentile_cont(array[0.5, 0.95, 0.99]) within group (order by p.skew_ms::float) as skew_ms,
            percentile_cont(array[0.5, 0.99]) within group (order by p.lag_ms::float) as lag_ms
        from placed as p
        group by p.stream, p.hour, p.gatherer_id
    )

    insert into ops.arbitration (
        stream, hour, gatherer_id, sampled_one_in, rows_sampled, rows_seen, rows_unique, rows_first, rows_missed,
        skew_ms_p50, skew_ms_p95, skew_ms_p99, lag_ms_p50, lag_ms_p99
    )
    select
        s.stream, s.hour, g.gatherer_id, case s.stream when 'orderbook_deltas' then deltas_one_in else 1 end,
        s.row_count, coalesce(c.rows_seen, 0), coalesce(c.rows_unique, 0), coalesce(c.rows_first, 0),
        s.row_count - coalesce(c.rows_seen, 0),
        round(c.skew_ms[1]::numeric, 3), round(c.skew_ms[2]::numeric, 3), round(c.skew_ms[3]::numeric, 3),
        round(c.lag_ms[1]::numeric, 3), round(c.lag_ms[2]::numeric, 3)
    from sampled as s
    cross join gatherer as g
    left join contributed as c on s.stream = c.stream and s.hour = c.hour and g.gatherer_id = c.gatherer_id
    on conflict (stream, hour, gatherer_id) do update
    set
        sampled_one_in = excluded.sampled_one_in, rows_sampled = excluded.rows_sampled,
        rows_seen = excluded.rows_seen, rows_unique = excluded.rows_unique, rows_first = excluded.rows_first,
        rows_missed = excluded.rows_missed, skew_ms_p50 = excluded.skew_ms_p50, skew_ms_p95 = excluded.skew_ms_p95,
        skew_ms_p99 = excluded.skew_ms_p99, lag_ms_p50 = excluded.lag_ms_p50, lag_ms_p99 = excluded.lag_ms_p99,
        computed_at = now();
    get diagnostics written = row_count;
    return written;
end;
$$;

comment on function ops.arbitrate_hours is 'Compute what each gatherer contributed in some hours.';
