-- Find what the staged rows of some hours say: how many changes of their kind lie in which window of time, with which
-- clock. A row that counts all changes of its kind, whatever their labels, says more than one thing.
-- Parameters: mixed_hours
-- Reads: pg_temp.stage
-- Writes: pg_temp.found_evidence
-- Returns: nothing
create or replace function ops.find_staged_evidence(mixed_hours timestamptz[]) returns void
language sql
volatile
as $$
    with
    claimed as not materialized (
        select
            s.*, s.ctid as place,
            case when s.ingest_xid = '0' then 'restored' else 'staged' end as source,
            s.exchange_ts as claimed_ts,
            s.clock as claimed_clock,
            coalesce(s.time_digits, -1)::smallint as digits,
            -- Changes of one clock happened together.
            coalesce(case when s.time_digits is null and s.clock = 0 then s.burst_began_at end, s.exchange_ts) as began_at,
            -- The number of a change without a time counts those of its burst, which the archive does not hold.
            case when s.time_digits is null and s.ingest_xid = '0' then 1 else s.occurrence + 1 end as change_count
        from pg_temp.stage as s
        union all
        select
            s.*, s.ctid as place, 'counted' as source, w.claimed_ts, c.claimed_clock,
            coalesce(s.ordinal_digits, -1)::smallint as digits,
            case when c.claimed_clock = 0 then coalesce(s.burst_began_at, w.claimed_ts) else w.claimed_ts end as began_at,
            c.change_count
        from pg_temp.stage as s
        cross join lateral (
            select
                case s.ordinal_digits
                    when 0 then date_bin('1 s', s.exchange_ts, '2000-01-01 00:00:00+00')
                    when 3 then date_bin('1 ms', s.exchange_ts, '2000-01-01 00:00:00+00')
                    else s.exchange_ts
                end as claimed_ts
        ) as w
        cross join lateral (
            values (0, s.ordinal + 1), (s.clock, s.ordinal_of_clock + 1)
        ) as c (claimed_clock, change_count)
        where s.ordinal is not null and c.change_count is not null
    )

    insert into pg_temp.found_evidence (
        source, place, exchange_ts, market_ticker, side, price, size_delta, clock, time_digits, began_at, change_count,
        received_at, gatherer_id, from_at, until_at
    )
    select
        c.source, c.place, c.claimed_ts, c.market_ticker, c.side, c.price, c.size_delta, c.claimed_clock, c.digits,
        c.began_at, c.change_count, c.received_at, c.gatherer_id,
        ops.window_begins_at(c.claimed_ts, c.digits, c.began_at), ops.window_ends_at(c.claimed_ts, c.digits)
    from claimed as c
    where date_bin('1 h', c.exchange_ts, '2000-01-01 00:00:00+00') = any(mixed_hours);
$$;

comment on function ops.find_staged_evidence is 'Find what staged rows say of changes with different labels.';
