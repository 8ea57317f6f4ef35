-- Find the exchange's maintenance, by its own schedule, in which nothing is published, and five minutes after it in
-- which gatherers connect again. A window counts if it was in the last schedule before it began; none is longer than a
-- day.
-- Parameters: wanted, the time asked about, with both ends
-- Reads: market_data.exchange_status
-- Returns: what of it may be maintenance; none of it while no schedule is known
create or replace function ops.maintenance_during(wanted tstzrange) returns tstzmultirange
language sql
stable
as $$
    with listed as (
        select e.kind, e.begins_at, e.ends_at, e.first_seen_at, e.confirmed_at
        from market_data.exchange_status as e
        where
            e.kind in ('schedule', 'maintenance')
            and e.first_seen_at > lower(wanted) - interval '40 days' and e.first_seen_at < upper(wanted)
    ),

    announced as (
        select
            m.begins_at, max(m.confirmed_at) as last_at,
            tstzrange(m.begins_at, m.ends_at + interval '5 minutes') as during
        from listed as m
        where m.kind = 'maintenance' and m.ends_at > m.begins_at and m.ends_at <= m.begins_at + interval '1 day'
        group by m.begins_at, m.ends_at
    )

    select coalesce(range_agg(a.during * wanted), '{}')
    from announced as a
    where
        a.last_at >= coalesce(
            (
                select max(least(s.confirmed_at, a.begins_at))
                from listed as s
                where s.kind = 'schedule' and s.first_seen_at <= a.begins_at
            ),
            '-infinity'
        );
$$;

comment on function ops.maintenance_during is 'What of a time may be the exchange''s maintenance, by its own schedule.';
