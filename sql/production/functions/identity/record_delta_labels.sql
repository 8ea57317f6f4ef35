-- Record which labels the staged order-book changes have, by hour, and list the hours in which changes were seen with
-- more than one set of labels, or without a time.
-- Reads: pg_temp.stage
-- Writes: ops.delta_labels
-- Returns: those hours, in order; null if there are none
create or replace function ops.record_delta_labels() returns timestamptz[]
language sql
volatile
as $$
    with
    labelled as materialized (
        select
            date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as hour,
            coalesce(s.time_digits, -1)::smallint as time_digits,
            s.clock <> 0 as has_clock,
            bool_or(s.ordinal is not null or s.time_digits is null) as says_more
        from pg_temp.stage as s
        group by 1, 2, 3
    ),

    seen as materialized (
        select n.hour, n.time_digits, n.has_clock from labelled as n
        union
        -- What a row says of a whole burst, second or millisecond, whatever the labels there. Few batches have such
        -- rows, and only those batches are read a second time.
        select
            date_bin('1 h', w.moment, '2000-01-01 00:00:00+00') as hour,
            case when w.is_burst then -1 else s.ordinal_digits end::smallint as time_digits,
            false as has_clock
        from pg_temp.stage as s
        cross join lateral (
            values
            (s.exchange_ts, s.burst_began_at is not null or s.time_digits is null),
            (coalesce(s.burst_began_at, s.exchange_ts) - interval '5 s', true),
            (s.exchange_ts + interval '5 s', true)
        ) as w (moment, is_burst)
        where
            (select bool_or(n.says_more) from labelled as n)
            and (s.ordinal is not null or s.time_digits is null)
            and w.is_burst = (s.burst_began_at is not null or s.time_digits is null)
        group by 1, 2
    ),

    recorded as (
        insert into ops.delta_labels (hour, time_digits, has_clock)
        select s.hour, s.time_digits, s.has_clock from seen as s
        except
        select l.hour, l.time_digits, l.has_clock
        from ops.delta_labels as l
        where l.hour in (select s.hour from seen as s)
        order by 1, 2, 3
        on conflict do nothing
    ),

    known as (
        select s.hour, s.time_digits, s.has_clock from seen as s
        union
        select l.hour, l.time_digits, l.has_clock
        from ops.delta_labels as l
        where l.hour in (select s.hour from seen as s)
    )

    select array_agg(m.hour order by m.hour)
    from (select k.hour from known as k group by k.hour having count(*) > 1 or min(k.time_digits) < 0) as m;
$$;

comment on function ops.record_delta_labels is 'Record which labels staged order-book changes have.';
