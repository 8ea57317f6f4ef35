-- Find what the staged rows of some hours say: how many changes of their kind lie in which window of time, with which
-- clock. A row that counts all changes of its kind, whatever their labels, says two things.
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
            s.*, s.ctid as place, 'counted' as source, c.claimed_ts, 0 as claimed_clock, c.digits::smallint,
            coalesce(s.burst_began_at, c.claimed_ts) as began_at, s.ordinal + 1 as change_count
        from pg_temp.stage as s
        cross join lateral (
            select s.exchange_ts as claimed_ts, -1 as digits
            where s.burst_began_at is not null
            union all
            select
                date_bin(
                    case s.time_digits when 0 then interval '1 s' else interval '1 ms' end, s.exchange_ts,
                    '2000-01-01 00:00:00+00'
                ) as claimed_ts,
                case s.time_digits when 0 then 0 else 3 end as digits
            where s.burst_began_at is null
        ) as c
        where s.ordinal is not null
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
