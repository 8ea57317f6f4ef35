CREATE SCHEMA market_data;
CREATE SCHEMA ops;
CREATE SCHEMA timeseries;
CREATE FUNCTION market_data.book_at(wanted_ticker text, wanted_at timestamp with time zone) RETURNS TABLE(side text, price numeric, size numeric)
    LANGUAGE sql STABLE
    AS $$
    with
    base as materialized (
        select s.received_at, s.clock, s.yes_prices, s.yes_sizes, s.no_prices, s.no_sizes
        from market_data.orderbook_snapshots as s
        where s.market_ticker = wanted_ticker and s.received_at <= wanted_at
        order by s.received_at desc, s.clock desc
        limit 1
    ),
    change as (
        select 'yes' as side, y.price, y.size
        from base as b cross join unnest(b.yes_prices, b.yes_sizes) as y (price, size)
        union all
        select 'no' as side, n.price, n.size
        from base as b cross join unnest(b.no_prices, b.no_sizes) as n (price, size)
        union all
        select d.side, d.price, d.size
        from base as b
        cross join lateral (
            select each.side, each.price, sum(each.size_delta) as size
            from market_data.orderbook_deltas as each
            where
                each.market_ticker = wanted_ticker
                and each.exchange_ts > b.received_at - interval '5 min'
                and each.exchange_ts <= wanted_at
                and (each.clock > b.clock or (each.clock = 0 and each.received_at > b.received_at))
            group by each.side, each.price
        ) as d
    )
    select c.side, c.price, sum(c.size) as size
    from change as c
    group by c.side, c.price
    having sum(c.size) <> 0
    order by c.side desc, c.price desc;
$$;
COMMENT ON FUNCTION market_data.book_at(wanted_ticker text, wanted_at timestamp with time zone) IS 'A market''s order book as it was at a moment: side, price in dollars on the scale of its side, size in contracts.';
CREATE FUNCTION market_data.candles(wanted_ticker text, bucket interval, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(bucket_at timestamp with time zone, open_price numeric, high_price numeric, low_price numeric, close_price numeric, volume numeric, trade_count bigint)
    LANGUAGE sql STABLE
    AS $$
    select
        date_bin(bucket, t.exchange_ts, timestamptz '2000-01-03 00:00:00+00') as bucket_at,
        (array_agg(t.yes_price order by t.exchange_ts, t.received_at, t.trade_id))[1] as open_price,
        max(t.yes_price) as high_price,
        min(t.yes_price) as low_price,
        (array_agg(t.yes_price order by t.exchange_ts desc, t.received_at desc, t.trade_id desc))[1] as close_price,
        sum(t.size) as volume,
        count(*) as trade_count
    from market_data.trades as t
    where t.market_ticker = wanted_ticker and t.exchange_ts >= from_at and t.exchange_ts < until_at
    group by date_bin(bucket, t.exchange_ts, timestamptz '2000-01-03 00:00:00+00')
    order by bucket_at;
$$;
COMMENT ON FUNCTION market_data.candles(wanted_ticker text, bucket interval, from_at timestamp with time zone, until_at timestamp with time zone) IS 'A market''s trades by time: first, highest, lowest and last price in dollars of YES, contracts and number of trades.';
CREATE FUNCTION ops.absorb_late_rows(marks_max integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
    taken bigint;
begin
    with
    late as materialized (
        delete from ops.late_rows as r
        where r.ctid = any(array(
            select each.ctid from ops.late_rows as each where each.stream <> 'orderbook_snapshots' limit marks_max
        ))
        returning r.stream, r.market_ticker, r.during
    ),
    book as (
        update ops.book_checks as b set check_again_at = now()
        from late as l
        cross join lateral ops.checks_touched(l.market_ticker, l.during, interval '5 min') as c
        where l.stream = 'orderbook_deltas' and b.ctid = c.place
    ),
    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select l.stream, case when s.is_by_market then l.market_ticker else '' end, l.during
        from late as l
        inner join ops.ledger_streams() as s on l.stream = s.stream
    )
    select count(*) into taken from late;
    update ops.book_checks as b set check_again_at = now()
    from ops.late_rows as l
    cross join lateral ops.checks_touched(l.market_ticker, l.during, interval '0') as c
    where l.stream = 'orderbook_snapshots' and b.ctid = c.place and coalesce(b.check_again_at > now(), true);
    return taken;
end;
$$;
COMMENT ON FUNCTION ops.absorb_late_rows(marks_max integer) IS 'Let late rows be considered in minutes and intervals that were judged already.';
CREATE FUNCTION ops.accepted(late_days_max integer) RETURNS tstzrange
    LANGUAGE sql STABLE
    AS $$
    select tstzrange(now() - make_interval(days => late_days_max), now() + interval '1 day', '[]');
$$;
COMMENT ON FUNCTION ops.accepted(late_days_max integer) IS 'The range of time that production accepts rows of.';
CREATE FUNCTION ops.active_minutes(wanted_stream text, wanted_ticker text, minutes tstzmultirange) RETURNS tstzmultirange
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return (
        select coalesce(range_agg(tstzrange(m.minute, m.minute + interval '1 min')), '{}')
        from unnest(minutes) as r (run)
        cross join generate_series(lower(r.run), upper(r.run) - interval '1 min', interval '1 min') as m (minute)
        -- One look into an index each: reading the rows would cost as much as merging them.
        cross join lateral (
            (
                select from market_data.orderbook_deltas as d
                where
                    wanted_stream = 'orderbook_deltas' and d.market_ticker = wanted_ticker
                    and d.exchange_ts >= m.minute and d.exchange_ts < m.minute + interval '1 min'
                limit 1
            )
            union all
            (
                select from market_data.trades as t
                where
                    wanted_stream = 'trades'
                    and t.exchange_ts >= m.minute and t.exchange_ts < m.minute + interval '1 min'
                limit 1
            )
            union all
            (
                select from market_data.tickers as t
                where
                    wanted_stream = 'tickers'
                    and t.exchange_ts >= m.minute and t.exchange_ts < m.minute + interval '1 min'
                limit 1
            )
            union all
            (
                select from market_data.lifecycle_events as l
                where
                    wanted_stream = 'lifecycle_events'
                    and l.seen_at >= m.minute and l.seen_at < m.minute + interval '1 min'
                limit 1
            )
        ) as hit
    );
end;
$$;
COMMENT ON FUNCTION ops.active_minutes(wanted_stream text, wanted_ticker text, minutes tstzmultirange) IS 'The minutes in which a stream has any row.';
CREATE FUNCTION ops.advance_ledger(minutes_max integer DEFAULT 60, markets_max integer DEFAULT 2000) RETURNS TABLE(judged_until timestamp with time zone, rows_new bigint, rows_again bigint)
    LANGUAGE plpgsql
    AS $$
declare
    began timestamptz;
    ended timestamptz;
begin
    select w.moment into began from ops.watermarks as w where w.name = 'market_minutes' for update;
    if not found then
        select date_bin('1 min', min(e.began_at), timestamptz 'epoch') into began from ops.expected as e;
    end if;
    perform ops.note_determined(began - interval '1 day'), ops.note_markets();
    select
        greatest(began, date_bin('1 min', least(
            ops.settled_until(), coalesce(max(h.beat_at), '-infinity'), began + make_interval(mins => minutes_max)
        ), timestamptz 'epoch'))
    into ended
    from ops.heartbeats as h
    having max(h.beat_at) is not null;
    ended := coalesce(ended, began);
    select sum(ops.judge_minutes(e.stream, e.tickers, e.froms, e.untils)) into rows_new
    from (
        select
            s.stream, array_agg(x.market_ticker) as tickers, array_agg(began) as froms, array_agg(ended) as untils
        from ops.ledger_streams() as s
        inner join ops.expected as x on s.channel = x.channel and (x.market_ticker <> '') = s.is_by_market
        where x.during && tstzrange(began, ended)
        group by s.stream
    ) as e;
    insert into ops.watermarks (name, moment)
    select 'market_minutes' as name, ended as moment
    where ended is not null
    on conflict (name) do update set moment = excluded.moment;
    judged_until := ended;
    rows_new := coalesce(rows_new, 0);
    rows_again := ops.judge_again(ended, markets_max);
    return next;
end;
$$;
COMMENT ON FUNCTION ops.advance_ledger(minutes_max integer, markets_max integer) IS 'Judge the minutes that have settled, and those anew that something late touched.';
CREATE FUNCTION ops.arbitrate(began timestamp with time zone, ended timestamp with time zone, deltas_one_in integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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
COMMENT ON FUNCTION ops.arbitrate(began timestamp with time zone, ended timestamp with time zone, deltas_one_in integer) IS 'Compute what each gatherer contributed in some hours.';
CREATE FUNCTION ops.archive_facts(target regclass, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(gatherer_id smallint, row_count bigint, first_at timestamp with time zone, last_at timestamp with time zone, sums jsonb)
    LANGUAGE plpgsql STABLE
    AS $_$
declare
    summed text;
    gatherer text;
begin
    select
        string_agg(format('%L, sum(t.%I)::text', a.attname, a.attname), ', ' order by a.attnum)
        filter (where a.atttypid in ('numeric'::regtype, 'bigint'::regtype)),
        coalesce(max('t.gatherer_id') filter (where a.attname = 'gatherer_id'), 'null::smallint')
    into summed, gatherer
    from pg_attribute as a
    where a.attrelid = target and a.attnum > 0 and not a.attisdropped;
    return query execute format(
        $query$
            select
                %1$s,
                count(*),
                min(%2$s),
                max(%2$s),
                jsonb_build_object(%3$s)
            from %4$s as t
            where %5$s
            group by 1
        $query$,
        gatherer,
        case when time_column is null then 'null::timestamptz' else format('t.%I', time_column) end,
        summed,
        target,
        case when time_column is null then 'true' else format('t.%1$I >= $1 and t.%1$I < $2', time_column) end
    ) using from_at, until_at;
end;
$_$;
COMMENT ON FUNCTION ops.archive_facts(target regclass, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) IS 'What production holds of a time: rows and sums, to compare with a file.';
CREATE FUNCTION ops.archive_hours(wanted_stream text, until_at timestamp with time zone) RETURNS TABLE(hour timestamp with time zone)
    LANGUAGE sql STABLE
    SET "TimeZone" TO 'UTC'
    AS $$
    with spans as (
        select p.during
        from timeseries.list_partitions(format('market_data.%I', wanted_stream)::regclass) as p
        where lower(p.during) < until_at
        union all
        select tstzrange(min(c.opened_at), greatest(min(c.opened_at), until_at)) as during
        from ops.connections as c
        having count(*) > 0
    )
    select distinct h.hour
    from spans as s
    cross join lateral generate_series(
        date_trunc('hour', lower(s.during)), least(upper(s.during), until_at) - interval '1 h', interval '1 h'
    ) as h (hour);
$$;
COMMENT ON FUNCTION ops.archive_hours(wanted_stream text, until_at timestamp with time zone) IS 'The hours of a stream that are to have a record in the archive.';
CREATE FUNCTION ops.archive_merged(wanted_stream text, gatherers integer[]) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    with measured as (
        select
            l.gatherer_id,
            l.error is null and l.lag_seconds is not null as is_known,
            l.measured_at - make_interval(secs => coalesce(l.lag_seconds, 0)) as merged_at,
            split_part(l.shard, '/', 2)
            = first_value(split_part(l.shard, '/', 2)) over (order by l.measured_at desc) as counts
        from ops.lags as l
        where l.stream = wanted_stream and l.gatherer_id = any(gatherers)
    )
    select
        case
            when bool_and(m.is_known) and count(distinct m.gatherer_id) = cardinality(gatherers)
                then min(m.merged_at)
        end
    from measured as m
    where m.counts;
$$;
COMMENT ON FUNCTION ops.archive_merged(wanted_stream text, gatherers integer[]) IS 'Until when everything that gatherers received of a stream is merged.';
CREATE FUNCTION ops.archive_ready(streams text[], whole_streams text[], gatherers integer[], settle_seconds double precision, deadline_seconds double precision) RETURNS TABLE(stream text, until_at timestamp with time zone, length interval)
    LANGUAGE sql STABLE
    AS $$
    select
        s.name as stream,
        greatest(
            ops.archive_merged(s.name, gatherers) - make_interval(secs => settle_seconds),
            now() - make_interval(secs => greatest(settle_seconds, deadline_seconds))
        ) as until_at,
        interval '1 h' as length
    from unnest(streams) as s (name)
    union all
    select
        w.name as stream,
        now() as until_at,
        interval '0' as length
    from unnest(whole_streams) as w (name);
$$;
COMMENT ON FUNCTION ops.archive_ready(streams text[], whole_streams text[], gatherers integer[], settle_seconds double precision, deadline_seconds double precision) IS 'Until when hours of streams may be written to the archive.';
CREATE FUNCTION ops.check_books(snapshots_max integer DEFAULT 1000) RETURNS TABLE(checked bigint, proven bigint, is_behind boolean)
    LANGUAGE plpgsql
    AS $$
declare
    began timestamptz;
    ended timestamptz := ops.settled_until();
    last_one timestamptz;
    found_rows bigint;
begin
    select w.moment into began from ops.watermarks as w where w.name = 'book_checks' for update;
    began := coalesce(began, '-infinity');
    select count(*), max(s.received_at) into found_rows, last_one
    from (
        select each.received_at
        from market_data.orderbook_snapshots as each
        where each.received_at >= began and each.received_at < ended
        order by each.received_at
        fetch first snapshots_max rows with ties
    ) as s;
    ended := greatest(began, case when found_rows < snapshots_max then ended else last_one + interval '1 us' end);
    return query
    with
    late as (
        delete from ops.late_rows as r
        where r.ctid = any(array(
            select each.ctid from ops.late_rows as each where each.stream = 'orderbook_snapshots' limit snapshots_max
        ))
        returning r.market_ticker, r.during
    ),
    due as (
        select s.market_ticker, s.received_at, s.clock, s.levels_sha256
        from market_data.orderbook_snapshots as s
        where s.received_at >= began and s.received_at < ended
        union
        select s.market_ticker, s.received_at, s.clock, s.levels_sha256
        from late as l
        -- The offset keeps it a look into the index per note, however many notes there are.
        cross join lateral (
            select each.market_ticker, each.received_at, each.clock, each.levels_sha256
            from market_data.orderbook_snapshots as each
            where
                each.market_ticker = l.market_ticker
                and each.received_at between lower(l.during) and upper(l.during)
                and each.received_at < ended
            offset 0
        ) as s
        union
        (
            select b.market_ticker, b.until_at, b.until_clock, b.until_sha256
            from ops.book_checks as b
            where b.check_again_at <= now()
            order by b.check_again_at
            limit snapshots_max
        )
    ),
    compared as (
        select d.*, c.*, coalesce(k.attempts, 0) as attempts_before
        from due as d
        left join ops.book_checks as k
            on
                d.market_ticker = k.market_ticker and d.received_at = k.until_at and d.clock = k.until_clock
                and d.levels_sha256 = k.until_sha256
        cross join lateral ops.compare_book(
            d.market_ticker, d.received_at, d.clock, d.levels_sha256,
            case when k.attempts > 0 then interval '2 h' else interval '5 min' end
        ) as c
    ),
    written as (
        insert into ops.book_checks as b (
            market_ticker, until_at, until_clock, until_sha256, from_at, from_clock, is_proven, delta_count,
            level_count, wrong_level_count, difference, attempts, checked_at, check_again_at
        )
        select
            c.market_ticker, c.received_at, c.clock, c.levels_sha256, c.from_at, c.from_clock,
            c.wrong_level_count = 0, c.delta_count, c.level_count, c.wrong_level_count, c.difference,
            least(c.attempts_before + 1, 1000), now(),
            case when c.wrong_level_count > 0 and c.attempts_before < 6
                then now() + interval '1 min' * 4 ^ c.attempts_before end
        from compared as c
        on conflict (market_ticker, until_at, until_clock, until_sha256) do update
        set
            from_at = excluded.from_at, from_clock = excluded.from_clock, is_proven = excluded.is_proven,
            delta_count = excluded.delta_count, level_count = excluded.level_count,
            wrong_level_count = excluded.wrong_level_count, difference = excluded.difference,
            attempts = excluded.attempts, checked_at = excluded.checked_at, check_again_at = excluded.check_again_at
        returning b.market_ticker, b.from_at, b.until_at, b.is_proven
    ),
    touched as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, w.market_ticker, tstzrange(w.from_at, w.until_at) as during
        from written as w
    )
    select
        count(*) as checked, count(*) filter (where w.is_proven) as proven, found_rows >= snapshots_max as is_behind
    from written as w;
    insert into ops.watermarks (name, moment) values ('book_checks', ended)
    on conflict (name) do update set moment = excluded.moment;
end;
$$;
COMMENT ON FUNCTION ops.check_books(snapshots_max integer) IS 'Check new snapshots of order books against those before them and the changes between.';
CREATE FUNCTION ops.checks_touched(wanted_ticker text, wanted tstzrange, margin interval) RETURNS TABLE(place tid)
    LANGUAGE sql STABLE
    AS $$
    select b.ctid as place
    from ops.book_checks as b
    where
        b.market_ticker = wanted_ticker
        and b.until_at >= lower(wanted) - margin
        and b.until_at <= upper(wanted) + margin + interval '2 days'
        and tstzrange(b.from_at - margin, b.until_at + margin, '[]') && wanted
    offset 0;
$$;
COMMENT ON FUNCTION ops.checks_touched(wanted_ticker text, wanted tstzrange, margin interval) IS 'The checked intervals of a market''s book that late rows touch.';
CREATE FUNCTION ops.compare_archived(target regclass, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(only_archived bigint, only_production bigint, archived_row jsonb, production_row jsonb)
    LANGUAGE plpgsql
    AS $_$
begin
    return query execute format(
        $query$
            with
            held as materialized (select * from %1$s as t where %2$s),
            extra as materialized (select * from archived_rows except all select * from held),
            missing as materialized (select * from held except all select * from archived_rows)
            select
                (select count(*) from extra),
                (select count(*) from missing),
                (select to_jsonb(e) from extra as e limit 1),
                (select to_jsonb(m) from missing as m limit 1)
        $query$,
        target,
        case when time_column is null then 'true' else format('t.%1$I >= $1 and t.%1$I < $2', time_column) end
    ) using from_at, until_at;
end;
$_$;
COMMENT ON FUNCTION ops.compare_archived(target regclass, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) IS 'Compare rows of a file, one by one, with what production holds.';
CREATE FUNCTION ops.compare_book(wanted_ticker text, wanted_at timestamp with time zone, wanted_clock bigint, wanted_sha256 bytea, margin interval) RETURNS TABLE(from_at timestamp with time zone, from_clock bigint, delta_count bigint, level_count integer, wrong_level_count integer, difference jsonb)
    LANGUAGE plpgsql STABLE
    AS $$
declare
    earlier market_data.orderbook_snapshots;
    later market_data.orderbook_snapshots;
begin
    if wanted_clock = 0 then
        return;
    end if;
    select s.* into later
    from market_data.orderbook_snapshots as s
    where
        s.market_ticker = wanted_ticker and s.received_at = wanted_at and s.clock = wanted_clock
        and s.levels_sha256 = wanted_sha256
    limit 1;
    select s.* into earlier
    from market_data.orderbook_snapshots as s
    where
        s.market_ticker = wanted_ticker
        and s.received_at >= wanted_at - interval '2 days'
        and (s.received_at, s.clock) < (wanted_at, wanted_clock)
        and (s.clock <= wanted_clock or s.received_at < wanted_at - interval '1 min')
    order by s.received_at desc, s.clock desc
    limit 1;
    -- A clock of 0 is that of a market that never changed, or of a recording without clocks.
    if
        earlier.clock is null or later.clock is null or earlier.clock > wanted_clock
        or (earlier.clock = 0 and cardinality(earlier.yes_prices || earlier.no_prices) > 0)
    then
        return;
    end if;
    return query
    with
    change as (
        select each.side, each.price, each.size as rebuilt, 0 as published, 0 as deltas
        from ops.levels(earlier.yes_prices, earlier.yes_sizes, earlier.no_prices, earlier.no_sizes) as each
        union all
        select each.side, each.price, 0 as rebuilt, each.size as published, 0 as deltas
        from ops.levels(later.yes_prices, later.yes_sizes, later.no_prices, later.no_sizes) as each
        union all
        select d.side, d.price, sum(d.size_delta) as rebuilt, 0 as published, count(*) as deltas
        from market_data.orderbook_deltas as d
        where
            d.market_ticker = wanted_ticker
            and d.exchange_ts between earlier.received_at - margin and later.received_at + margin
            and d.clock > earlier.clock and d.clock <= later.clock
        group by d.side, d.price
    ),
    level as (
        select c.side, c.price, sum(c.rebuilt) as rebuilt, sum(c.published) as published, sum(c.deltas) as deltas
        from change as c
        group by c.side, c.price
    ),
    ranked as (
        select
            l.*, l.rebuilt <> l.published as is_wrong,
            row_number() over (partition by l.rebuilt <> l.published order by l.side, l.price) as place
        from level as l
    )
    select
        earlier.received_at, earlier.clock, coalesce(sum(r.deltas), 0)::bigint, count(*)::integer,
        (count(*) filter (where r.is_wrong))::integer,
        jsonb_agg(
            jsonb_build_object('side', r.side, 'price', r.price, 'rebuilt', r.rebuilt, 'published', r.published)
            order by r.side, r.price
        ) filter (where r.is_wrong and r.place <= 50)
    from ranked as r;
end;
$$;
COMMENT ON FUNCTION ops.compare_book(wanted_ticker text, wanted_at timestamp with time zone, wanted_clock bigint, wanted_sha256 bytea, margin interval) IS 'One snapshot of an order book against the one before it plus the changes between.';
CREATE FUNCTION ops.compute_arbitration(deltas_one_in integer, hours_max integer DEFAULT 24) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
    settled timestamptz := ops.settled_until();
    began timestamptz;
    ended timestamptz;
    pass record;
    written bigint := 0;
    total bigint := 0;
begin
    for pass in
        select p.name, date_trunc('hour', settled - p.after, 'UTC') as until_at
        from (values ('arbitration', interval '0'), ('final arbitration', interval '1 day')) as p (name, after)
    loop
        select w.moment into began from ops.watermarks as w where w.name = pass.name for update;
        if not found then
            select date_trunc('hour', min(s.seen_at), 'UTC') into began
            from (
                select min(t.seen_at) as seen_at from ops.sightings as t where t.stream = 'trades'
                union all
                select min(d.seen_at) as seen_at from ops.sightings as d where d.stream = 'orderbook_deltas'
            ) as s;
        end if;
        continue when began is null or began >= pass.until_at;
        ended := least(pass.until_at, began + make_interval(hours => hours_max));
        written := ops.arbitrate(began, ended, deltas_one_in);
        total := total + written;
        insert into ops.watermarks (name, moment) values (pass.name, ended)
        on conflict (name) do update set moment = excluded.moment;
        if pass.name = 'final arbitration' then
            delete from ops.sightings as s where s.stream in ('trades', 'orderbook_deltas') and s.seen_at < ended;
        end if;
    end loop;
    return total;
end;
$$;
COMMENT ON FUNCTION ops.compute_arbitration(deltas_one_in integer, hours_max integer) IS 'Sum up who received what, per stream, hour and gatherer.';
CREATE FUNCTION ops.coverage(wanted_ticker text, wanted tstzrange) RETURNS TABLE(channel text, gatherer_id smallint, covered tstzmultirange)
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return query
    select
        l.channel,
        s.gatherer_id,
        coalesce(range_agg(s.during * wanted) filter (where s.during && wanted), '{}') as covered
    from ops.ledger_streams() as l
    cross join unnest(array['', wanted_ticker]) as t (ticker)
    left join lateral ops.stretches(l.channel, t.ticker, wanted) as s on s.during && wanted
    group by grouping sets ((l.channel, s.gatherer_id), (l.channel))
    having grouping(s.gatherer_id) = 1 or s.gatherer_id is not null
    order by l.channel, s.gatherer_id nulls last;
end;
$$;
COMMENT ON FUNCTION ops.coverage(wanted_ticker text, wanted tstzrange) IS 'When a market was covered on each channel, by gatherer and (null) by any of them.';
CREATE FUNCTION ops.drop_archived(wanted_stream text, days_min integer, partitions_max integer DEFAULT 10) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    older_than timestamptz := now() - make_interval(days => days_min);
    target regclass := to_regclass(format('market_data.%I', wanted_stream));
    dropped tstzmultirange;
begin
    if target is null then
        raise exception 'there is no stream %', wanted_stream;
    end if;
    if days_min < 1 then
        raise exception 'rows of % are to be kept for % days: at least one is needed', wanted_stream, days_min;
    end if;
    return query
    with
    gone as (
        select d.partition_name, d.during
        from timeseries.drop_partitions(
            target, older_than, ops.verified_hours(wanted_stream, older_than), partitions_max
        ) as d
    ),
    noted as (
        insert into ops.dropped_partitions as p (stream, during)
        select wanted_stream as stream, g.during from gone as g
        on conflict on constraint dropped_partitions_pkey do update set dropped_at = now()
    )
    select g.partition_name, g.during from gone as g;
    -- Dropping waited for merges at work. One of them may have brought a late row: then all is taken back.
    select range_agg(p.during) into dropped
    from ops.dropped_partitions as p
    where p.stream = wanted_stream and p.dropped_at = now();
    if not dropped <@ ops.verified_hours(wanted_stream, older_than) then
        raise exception 'a late row of % was merged meanwhile', wanted_stream using errcode = 'serialization_failure';
    end if;
    if wanted_stream in ('orderbook_deltas', 'orderbook_snapshots') then
        update ops.book_checks as b set check_again_at = null
        where b.check_again_at is not null and b.from_at <@ dropped;
    end if;
end;
$$;
COMMENT ON FUNCTION ops.drop_archived(wanted_stream text, days_min integer, partitions_max integer) IS 'Drop old partitions of a stream that the archive holds, every hour verified.';
CREATE FUNCTION ops.evidence(wanted_stream text, wanted_ticker text, wanted tstzrange) RETURNS TABLE(kind text, gatherer_id smallint, during tstzrange, detail jsonb)
    LANGUAGE plpgsql STABLE
    AS $$
declare
    listed record;
begin
    select s.* into strict listed from ops.ledger_streams() as s where s.stream = wanted_stream;
    return query
    select 'expected', null::smallint, e.during, jsonb_build_object(
        'opened_at', e.opened_at, 'dropped_at', e.dropped_at, 'closed_at', e.closed_at,
        'determined_at', e.determined_at
    )
    from ops.expected as e
    where e.channel = listed.channel and e.market_ticker = wanted_ticker and e.during && wanted
    union all
    select 'coverage', s.gatherer_id, s.during, jsonb_build_object(
        'connection_id', s.connection_id, 'sid', s.sid, 'is_open', s.ended_at is null, 'end_reason', s.end_reason
    )
    from ops.stretches(listed.channel, wanted_ticker, wanted) as s
    where s.during && wanted
    union all
    select 'gap', g.gatherer_id, tstzrange(g.began_at, g.detected_at, '[]'), jsonb_build_object(
        'seq_expected', g.seq_expected, 'seq_received', g.seq_received, 'repair', g.repair, 'repaired_at', g.ended_at
    )
    from ops.gaps as g
    where g.channel = listed.channel and tstzrange(g.began_at, g.detected_at, '[]') && wanted
    union all
    select 'book check', null::smallint, tstzrange(b.from_at, b.until_at), jsonb_build_object(
        'is_proven', b.is_proven, 'from_clock', b.from_clock, 'until_clock', b.until_clock,
        'delta_count', b.delta_count, 'wrong_level_count', b.wrong_level_count, 'difference', b.difference
    )
    from ops.book_checks as b
    where
        listed.is_by_market and b.market_ticker = wanted_ticker
        and b.until_at > lower(wanted) and b.from_at < upper(wanted)
    order by 3, 1, 2;
end;
$$;
COMMENT ON FUNCTION ops.evidence(wanted_stream text, wanted_ticker text, wanted tstzrange) IS 'What stands behind the ledger''s judgement of some minutes.';
CREATE FUNCTION ops.fetched(wanted_channel text, wanted tstzrange) RETURNS TABLE(gatherer_id smallint, during tstzrange)
    LANGUAGE sql STABLE
    AS $$
    select g.gatherer_id, tstzrange(g.began_at, g.detected_at) * wanted as during
    from ops.gaps as g
    where
        g.channel = wanted_channel
        and g.repair = 'rest'
        and g.began_at < coalesce(upper(wanted), 'infinity')
        -- The exchange and the gatherer's own time-outs leave no gap unnoticed for as long as a day.
        and g.began_at > coalesce(lower(wanted), '-infinity') - interval '1 day'
        and tstzrange(g.began_at, g.detected_at) && wanted;
$$;
COMMENT ON FUNCTION ops.fetched(wanted_channel text, wanted tstzrange) IS 'Gaps of a channel that were closed by REST, and by whom.';
CREATE FUNCTION ops.is_sampled(moment timestamp with time zone, one_in integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    -- A hash of an interval, since it is the cheapest one of a time: this is asked of every row.
    select interval_hash(moment - timestamptz 'epoch') % one_in = 0;
$$;
COMMENT ON FUNCTION ops.is_sampled(moment timestamp with time zone, one_in integer) IS 'Whether a row of some time is in a sample; the same on every gatherer.';
CREATE FUNCTION ops.judge_again(until_at timestamp with time zone, markets_max integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
declare
    written bigint;
begin
    if until_at is null then
        return 0;
    end if;
    with
    picked as (
        select d.stream, d.market_ticker
        from ops.market_minutes_due as d
        group by d.stream, d.market_ticker
        limit markets_max
    ),
    taken as (
        delete from ops.market_minutes_due as d using picked as p
        where d.stream = p.stream and d.market_ticker = p.market_ticker
        returning d.stream, d.market_ticker, d.during
    ),
    span as (
        select
            t.stream, t.market_ticker, date_bin('1 min', min(lower(t.during)), timestamptz 'epoch') as from_at,
            least(
                until_at,
                max(case when upper_inf(t.during) then until_at
                    else date_bin('1 min', upper(t.during) + interval '1 min', timestamptz 'epoch') end)
            ) as until_at
        from taken as t
        group by t.stream, t.market_ticker
    ),
    remaining as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select s.stream, s.market_ticker, tstzrange(s.from_at + interval '1 day', s.until_at) as during
        from span as s
        where s.until_at > s.from_at + interval '1 day'
    ),
    step as (
        select
            s.stream, array_agg(s.market_ticker) as tickers, array_agg(s.from_at) as froms,
            array_agg(least(s.until_at, s.from_at + interval '1 day')) as untils
        from span as s
        where s.from_at < s.until_at
        group by s.stream
    )
    select coalesce(sum(ops.judge_minutes(s.stream, s.tickers, s.froms, s.untils)), 0) into written
    from step as s;
    return written;
end;
$$;
COMMENT ON FUNCTION ops.judge_again(until_at timestamp with time zone, markets_max integer) IS 'Judge minutes anew that something late has touched.';
CREATE FUNCTION ops.judge_minutes(judged text, tickers text[], froms timestamp with time zone[], untils timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET "TimeZone" TO 'UTC'
    AS $$
declare
    listed record;
    written bigint;
begin
    select s.* into strict listed from ops.ledger_streams() as s where s.stream = judged;
    with
    asked as (
        select
            t.ticker, tstzrange(t.from_at, t.until_at) as during,
            tstzmultirange(coalesce(e.during * tstzrange(t.from_at, t.until_at), 'empty')) as life
        from unnest(tickers, froms, untils) as t (ticker, from_at, until_at)
        left join ops.expected as e on e.channel = listed.channel and e.market_ticker = t.ticker
    ),
    -- Materialized, so that what is used more than once below is computed once.
    evidence as materialized (
        select
            a.ticker, a.during, a.life, ops.minutes_of(a.life) as expected,
            line.covered, line.missed, rest.fetched, book.proven, book.broken,
            a.life - line.covered - book.unchanged as hole
        from asked as a
        cross join lateral (
            select coalesce(range_agg(l.covered), '{}') as covered, coalesce(range_agg(l.missed), '{}') as missed
            from ops.lines(listed.channel, a.ticker, a.during) as l
        ) as line
        cross join lateral (
            select coalesce(range_agg(f.during), '{}') as fetched
            from ops.fetched(listed.channel, a.during) as f
            where not listed.is_by_market
        ) as rest
        cross join lateral (
            select
                coalesce(range_agg(tstzrange(b.from_at, b.until_at)) filter (where b.is_proven), '{}') as proven,
                coalesce(range_agg(tstzrange(b.from_at, b.until_at)) filter (where not b.is_proven), '{}') as broken,
                coalesce(
                    range_agg(tstzrange(b.from_at, b.until_at))
                    filter (where b.is_proven and b.from_clock = b.until_clock), '{}'
                ) as unchanged
            from ops.book_checks as b
            where
                listed.is_by_market and b.market_ticker = a.ticker
                -- An interval is at most two days long.
                and b.until_at > lower(a.during) and b.until_at < upper(a.during) + interval '2 days'
                and b.from_at < upper(a.during)
        ) as book
    ),
    lost as materialized (
        select e.*, ops.minutes_of((e.hole - e.fetched) + (e.broken * e.life)) as gap
        from evidence as e
    ),
    held as materialized (
        select
            l.*,
            case when listed.is_by_market then l.expected - l.gap - ops.minutes_of(l.life - l.proven) else '{}' end
            as whole,
            ops.minutes_of((l.missed + (l.hole * l.fetched)) * l.life) - l.gap as mended
        from lost as l
    ),
    quiet as materialized (
        select
            h.*, h.expected - h.gap - h.whole - h.mended as plain,
            ops.active_minutes(judged, h.ticker, h.expected - h.gap - h.whole - h.mended) as active
        from held as h
    )
    insert into ops.market_minutes as k (stream, market_ticker, day, proven, covered, repaired, gap, idle)
    select
        judged as stream, q.ticker as market_ticker, d.day::date as day,
        coalesce(old.proven, '{}') - w.judged_now + (q.whole * w.judged_now) as proven,
        coalesce(old.covered, '{}') - w.judged_now + (q.active * w.judged_now) as covered,
        coalesce(old.repaired, '{}') - w.judged_now + ((q.mended - q.whole) * w.judged_now) as repaired,
        coalesce(old.gap, '{}') - w.judged_now + (q.gap * w.judged_now) as gap,
        coalesce(old.idle, '{}') - w.judged_now + ((q.plain - q.active) * w.judged_now) as idle
    from quiet as q
    cross join generate_series(
        date_trunc('day', lower(q.during), 'UTC'), upper(q.during) - interval '1 us', interval '1 day'
    ) as d (day)
    cross join lateral (
        select tstzmultirange(tstzrange(d.day, d.day + interval '1 day') * q.during) as judged_now
    ) as w
    left join ops.market_minutes as old on old.stream = judged and old.market_ticker = q.ticker and old.day = d.day::date
    where old.day is not null or not isempty(q.expected * w.judged_now)
    on conflict (stream, market_ticker, day) do update
    set
        proven = excluded.proven, covered = excluded.covered, repaired = excluded.repaired, gap = excluded.gap,
        idle = excluded.idle, judged_at = now();
    get diagnostics written = row_count;
    return written;
end;
$$;
COMMENT ON FUNCTION ops.judge_minutes(judged text, tickers text[], froms timestamp with time zone[], untils timestamp with time zone[]) IS 'Judge minutes of a stream''s markets and write them into the ledger.';
CREATE FUNCTION ops.ledger_streams() RETURNS TABLE(stream text, channel text, is_by_market boolean)
    LANGUAGE sql IMMUTABLE
    AS $$
    values
    ('orderbook_deltas', 'orderbook_delta', true),
    ('trades', 'trade', false),
    ('tickers', 'ticker', false),
    ('lifecycle_events', 'market_lifecycle_v2', false);
$$;
COMMENT ON FUNCTION ops.ledger_streams() IS 'The streams whose completeness is judged, and their channels.';
CREATE FUNCTION ops.levels(yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[]) RETURNS TABLE(side text, price numeric, size numeric)
    LANGUAGE sql IMMUTABLE
    AS $$
    select 'yes' as side, y.price, y.size from unnest(yes_prices, yes_sizes) as y (price, size)
    union all
    select 'no' as side, n.price, n.size from unnest(no_prices, no_sizes) as n (price, size);
$$;
COMMENT ON FUNCTION ops.levels(yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[]) IS 'The levels of a snapshot as rows.';
CREATE FUNCTION ops.lines(wanted_channel text, wanted_ticker text, wanted tstzrange) RETURNS TABLE(gatherer_id smallint, covered tstzmultirange, missed tstzmultirange)
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return query
    select
        s.gatherer_id,
        coalesce(range_agg(s.during), '{}') * tstzmultirange(wanted) as covered,
        tstzmultirange(wanted) * tstzmultirange(tstzrange(min(s.began_at), case
            when (array_agg(s.end_reason order by s.ended_at desc nulls first))[1] = 'dropped' then max(s.ended_at)
        end)) - coalesce(range_agg(s.during), '{}') as missed
    from ops.stretches(
        wanted_channel, wanted_ticker, tstzrange(lower(wanted) - interval '1 day', upper(wanted))
    ) as s
    group by s.gatherer_id;
end;
$$;
COMMENT ON FUNCTION ops.lines(wanted_channel text, wanted_ticker text, wanted tstzrange) IS 'What each gatherer covered and missed of a market on a channel.';
CREATE FUNCTION ops.make_archived_rows(target regclass) RETURNS SETOF name
    LANGUAGE plpgsql
    AS $$
begin
    execute format('create temporary table archived_rows (like %s) on commit drop', target);
    return query
    select a.attname
    from pg_attribute as a
    where a.attrelid = 'pg_temp.archived_rows'::regclass and a.attnum > 0 and not a.attisdropped
    order by a.attnum;
end;
$$;
COMMENT ON FUNCTION ops.make_archived_rows(target regclass) IS 'Make the table that rows of a file pass through on their way back.';
CREATE FUNCTION ops.minute_count(times tstzmultirange) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(sum(extract(epoch from upper(t) - lower(t)) / 60), 0)::bigint from unnest(times) as t;
$$;
COMMENT ON FUNCTION ops.minute_count(times tstzmultirange) IS 'How many minutes some times hold.';
CREATE FUNCTION ops.minutes_of(times tstzmultirange) RETURNS tstzmultirange
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(
        range_agg(
            tstzrange(
                date_bin('1 min', lower(t), timestamptz 'epoch'),
                date_bin('1 min', upper(t) + interval '1 min' - interval '1 us', timestamptz 'epoch')
            )
        ),
        '{}'
    )
    from unnest(times) as t;
$$;
COMMENT ON FUNCTION ops.minutes_of(times tstzmultirange) IS 'All minutes that any part of some times falls into.';
CREATE FUNCTION ops.moment(sent text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    select case when pg_input_is_valid(sent, 'timestamptz') then sent::timestamptz end;
$$;
COMMENT ON FUNCTION ops.moment(sent text) IS 'A time that was sent as text; null where the text is none.';
CREATE FUNCTION ops.note_coverage() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into ops.expected as e (channel, market_ticker, began_at, dropped_at)
    select c.channel, c.market_ticker, c.began_at, case when newest.end_reason = 'dropped' then newest.ended_at end
    from (
        select each.channel, each.market_ticker, min(each.began_at) as began_at
        from changed as each
        where each.channel in (select s.channel from ops.ledger_streams() as s)
        group by each.channel, each.market_ticker
    ) as c
    cross join lateral (
        select s.ended_at, s.end_reason
        from ops.subscriptions as s
        where s.channel = c.channel and s.market_ticker = c.market_ticker
        order by coalesce(s.ended_at, timestamptz 'infinity') desc
        limit 1
    ) as newest
    -- In one order, so that several deduplicators do not wait for each other crosswise.
    order by c.channel, c.market_ticker
    on conflict (channel, market_ticker) do update
    set began_at = least(e.began_at, excluded.began_at), dropped_at = excluded.dropped_at
    where e.began_at > excluded.began_at or e.dropped_at is distinct from excluded.dropped_at;
    -- What began or ended changes all that follows: whether others repaired it, whether anything was expected.
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select l.stream, c.market_ticker, tstzrange(min(c.since), null) as during
    from (
        select
            each.channel, each.market_ticker,
            case when tg_op = 'INSERT' then each.began_at else coalesce(each.ended_at, each.began_at) end as since
        from changed as each
    ) as c
    inner join ops.ledger_streams() as l on c.channel = l.channel
    where c.since < now() - interval '30 s'
    group by l.stream, c.market_ticker;
    return null;
end;
$$;
COMMENT ON FUNCTION ops.note_coverage() IS 'Keep ops.expected, and let minutes be judged anew that coverage touches.';
CREATE FUNCTION ops.note_determined(since timestamp with time zone) RETURNS bigint
    LANGUAGE sql
    AS $$
    with
    said as (
        select l.subject_ticker as market_ticker, min(l.seen_at) as seen_at
        from market_data.lifecycle_events as l
        where l.seen_at >= since and l.kind in ('determined', 'settled')
        group by l.subject_ticker
    ),
    ended as (
        update ops.expected as e set determined_at = s.seen_at
        from said as s
        where
            e.market_ticker = s.market_ticker and e.market_ticker <> '' and e.channel = 'orderbook_delta'
            and coalesce(e.determined_at > s.seen_at, true)
        returning e.market_ticker, e.determined_at
    ),
    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, e.market_ticker, tstzrange(e.determined_at, null) as during
        from ended as e
    )
    select count(*) from ended;
$$;
COMMENT ON FUNCTION ops.note_determined(since timestamp with time zone) IS 'End what is expected of markets that are determined or settled.';
CREATE FUNCTION ops.note_gaps() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select l.stream, '' as market_ticker, tstzrange(c.began_at, c.detected_at) as during
    from changed as c
    inner join ops.ledger_streams() as l on c.channel = l.channel
    where c.repair = 'rest' and not l.is_by_market and c.detected_at > c.began_at;
    return null;
end;
$$;
COMMENT ON FUNCTION ops.note_gaps() IS 'Let minutes be judged anew whose gap was closed.';
CREATE FUNCTION ops.note_heartbeat() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select l.stream, s.market_ticker, tstzrange(greatest(old.beat_at, min(s.began_at)), null) as during
    from ops.subscriptions as s
    inner join ops.ledger_streams() as l on s.channel = l.channel
    where s.gatherer_id = new.gatherer_id and s.epoch = new.epoch and s.ended_at is null
    group by l.stream, s.market_ticker;
    return null;
end;
$$;
COMMENT ON FUNCTION ops.note_heartbeat() IS 'Let minutes be judged anew that a returning gatherer vouches for.';
CREATE FUNCTION ops.note_late_rows(stage regclass, time_column name, merged text, first_hour timestamp with time zone, last_hour timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
declare
    written bigint;
begin
    execute format(
        $query$
            insert into ops.late_rows (stream, market_ticker, during)
            select $1, %2$s as market_ticker, tstzrange(min(s.%1$I), max(s.%1$I), '[]')
            from %3$s as s
            where s.%1$I >= $2 and s.%1$I < $3
            group by 2
        $query$,
        time_column, case when merged like 'orderbook%' then 's.market_ticker' else $empty$''$empty$ end, stage
    ) using merged, first_hour, least(last_hour + interval '1 h', now() - interval '30 s');
    get diagnostics written = row_count;
    return written;
end;
$_$;
COMMENT ON FUNCTION ops.note_late_rows(stage regclass, time_column name, merged text, first_hour timestamp with time zone, last_hour timestamp with time zone) IS 'Note which staged rows were merged so late that upkeep may have passed them.';
CREATE FUNCTION ops.note_markets() RETURNS bigint
    LANGUAGE sql
    AS $$
    with
    listed as (
        select
            e.market_ticker,
            case when m.open_time < e.began_at and m.open_time > e.began_at - interval '1 day' then m.open_time end
            as opened_at,
            case when m.status in ('closed', 'determined', 'disputed', 'amended', 'finalized') then m.close_time end
            as closed_at,
            e.opened_at as opened_before, e.closed_at as closed_before
        from ops.expected as e
        inner join market_data.markets as m on e.market_ticker = m.ticker
        where e.channel = 'orderbook_delta'
    ),
    changed as (
        update ops.expected as e set opened_at = l.opened_at, closed_at = l.closed_at
        from listed as l
        where
            e.channel = 'orderbook_delta' and e.market_ticker = l.market_ticker
            and (l.opened_at, l.closed_at) is distinct from (l.opened_before, l.closed_before)
        returning
            e.market_ticker,
            case when l.opened_at is distinct from l.opened_before then least(l.opened_at, l.opened_before, e.began_at)
                else least(l.closed_at, l.closed_before) end as since
    ),
    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, c.market_ticker, tstzrange(c.since, null) as during
        from changed as c
    )
    select count(*) from changed;
$$;
COMMENT ON FUNCTION ops.note_markets() IS 'Let what is expected of markets begin and end with their opening and closing.';
CREATE FUNCTION ops.prepare_partitions(stage regclass, time_column name, target regclass, late_days_max integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
declare
    span tstzrange := ops.accepted(late_days_max);
    made bigint;
begin
    execute format(
        $query$
            select count(*) filter (where timeseries.ensure_partition($1, moment))
            from (
                select min(s.%1$I) as moment
                from %2$s as s
                where s.%1$I between $2 and $3
                group by date_bin('1 hour', s.%1$I, '2000-01-01 00:00:00+00')
            ) as hours
        $query$,
        time_column, stage
    ) into made using target, lower(span), upper(span);
    return made;
end;
$_$;
COMMENT ON FUNCTION ops.prepare_partitions(stage regclass, time_column name, target regclass, late_days_max integer) IS 'Make the partitions that staged rows need.';
CREATE FUNCTION ops.published_levels(msg jsonb, side text, part integer) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(array_agg((l.level ->> part)::numeric / s.divisor order by l.place), '{}')
    from (
        select
            coalesce(msg -> (side || '_dollars_fp'), msg -> (side || '_dollars'), msg -> side) as levels,
            case when part = 0 and not msg ?| array[side || '_dollars_fp', side || '_dollars'] then 100 else 1 end
                as divisor
    ) as s
    cross join jsonb_array_elements(nullif(s.levels, 'null')) with ordinality as l (level, place);
$$;
COMMENT ON FUNCTION ops.published_levels(msg jsonb, side text, part integer) IS 'Prices or sizes of a published order-book snapshot, of any era.';
CREATE FUNCTION ops.refusal(moment timestamp with time zone, lowest numeric, highest numeric, oldest timestamp with time zone, newest timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select case
        when moment < oldest then 'time too old'
        when moment > newest then 'time in the future'
        when lowest < 0 or highest > 1 then 'price outside 0 to 1'
    end;
$$;
COMMENT ON FUNCTION ops.refusal(moment timestamp with time zone, lowest numeric, highest numeric, oldest timestamp with time zone, newest timestamp with time zone) IS 'Why production refuses a row; null for a row that is accepted.';
CREATE FUNCTION ops.refusal_of_book(moment timestamp with time zone, prices numeric[], oldest timestamp with time zone, newest timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select ops.refusal(moment, min(p), max(p), oldest, newest) from unnest(prices) as p;
$$;
COMMENT ON FUNCTION ops.refusal_of_book(moment timestamp with time zone, prices numeric[], oldest timestamp with time zone, newest timestamp with time zone) IS 'Why production refuses an order book; null for one that is accepted.';
CREATE FUNCTION ops.repairs(wanted_ticker text, wanted tstzrange) RETURNS TABLE(channel text, gatherer_id smallint, missed tstzrange, received_by smallint[], fetched_by smallint[], lost tstzmultirange)
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return query
    select
        l.channel, line.gatherer_id, hole.missed,
        other.gatherers as received_by,
        rest.gatherers as fetched_by,
        tstzmultirange(hole.missed) - other.covered - rest.covered as lost
    from ops.ledger_streams() as l
    cross join unnest(array['', wanted_ticker]) as t (ticker)
    cross join lateral ops.lines(l.channel, t.ticker, wanted) as line
    cross join lateral unnest(line.missed) as hole (missed)
    cross join lateral (
        select
            coalesce(array_agg(o.gatherer_id order by o.gatherer_id), '{}') as gatherers,
            coalesce(range_agg(o.covered), '{}') as covered
        from ops.lines(l.channel, t.ticker, wanted) as o
        where o.covered && hole.missed
    ) as other
    cross join lateral (
        select
            coalesce(array_agg(distinct f.gatherer_id), '{}') as gatherers,
            coalesce(range_agg(f.during), '{}') as covered
        from ops.fetched(l.channel, hole.missed) as f
        where t.ticker = ''
    ) as rest
    order by l.channel, hole.missed, line.gatherer_id;
end;
$$;
COMMENT ON FUNCTION ops.repairs(wanted_ticker text, wanted tstzrange) IS 'What single gatherers missed of a market, and who closed it.';
CREATE FUNCTION ops.settled_until() RETURNS timestamp with time zone
    LANGUAGE sql
    AS $$
    select least(now(), min(a.xact_start)) - interval '2 min'
    from pg_stat_activity as a
    where
        a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
        and a.application_name <> 'deduplicator archive';
$$;
COMMENT ON FUNCTION ops.settled_until() IS 'Until when rows are merged, unless they are late.';
CREATE FUNCTION ops.stage_archived(stage regclass) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    listed text;
begin
    select string_agg(format('%I', a.attname), ', ' order by a.attnum) into listed
    from pg_attribute as a
    where a.attrelid = 'pg_temp.archived_rows'::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('insert into %1$s (%2$s, ingest_xid) select %2$s, ''0'' from archived_rows', stage, listed);
end;
$_$;
COMMENT ON FUNCTION ops.stage_archived(stage regclass) IS 'Put rows of a file where polled rows are staged.';
CREATE FUNCTION ops.stretches(wanted_channel text, wanted_ticker text, wanted tstzrange) RETURNS TABLE(gatherer_id smallint, connection_id bigint, sid integer, began_at timestamp with time zone, during tstzrange, ended_at timestamp with time zone, end_reason text)
    LANGUAGE sql STABLE
    AS $$
    select
        s.gatherer_id, s.connection_id, s.sid, s.began_at,
        tstzrange(
            s.began_at,
            greatest(s.began_at, coalesce(s.ended_at, least(c.closed_at, h.beat_at), s.began_at))
        ) as during,
        s.ended_at, s.end_reason
    from ops.subscriptions as s
    left join ops.connections as c
        on s.gatherer_id = c.gatherer_id and s.epoch = c.epoch and s.connection_id = c.connection_id
    left join ops.heartbeats as h on s.gatherer_id = h.gatherer_id and s.epoch = h.epoch
    where
        s.channel = wanted_channel
        and s.market_ticker = wanted_ticker
        and s.began_at < coalesce(upper(wanted), 'infinity')
        and coalesce(s.ended_at, timestamptz 'infinity') > coalesce(lower(wanted), '-infinity');
$$;
COMMENT ON FUNCTION ops.stretches(wanted_channel text, wanted_ticker text, wanted tstzrange) IS 'When gatherers covered a market on a channel, as far as they can vouch for it.';
CREATE FUNCTION ops.truth(sent text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case sent when 'true' then true when 'false' then false end;
$$;
COMMENT ON FUNCTION ops.truth(sent text) IS 'A yes or no that was sent as text; null where the text is neither.';
CREATE FUNCTION ops.uncovered(wanted_ticker text, wanted tstzrange) RETURNS TABLE(channel text, uncovered tstzmultirange)
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return query
    select c.channel, tstzmultirange(wanted) - c.covered as uncovered
    from ops.coverage(wanted_ticker, wanted) as c
    where c.gatherer_id is null;
end;
$$;
COMMENT ON FUNCTION ops.uncovered(wanted_ticker text, wanted tstzrange) IS 'What no gatherer received of a market, on each channel.';
CREATE FUNCTION ops.verified_hours(wanted_stream text, before_at timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE sql
    AS $$
    select coalesce(range_agg(tstzrange(p.hour, p.hour + interval '1 h')), '{}')
    from ops.archive_partitions as p
    where p.stream = wanted_stream and p.state = 'verified' and p.hour < before_at;
$$;
COMMENT ON FUNCTION ops.verified_hours(wanted_stream text, before_at timestamp with time zone) IS 'The hours of a stream that the archive holds, verified.';
CREATE FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange DEFAULT '{(,)}'::tstzmultirange, partitions_max integer DEFAULT 100) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $_$
declare
    entry record;
    name_of_extension_schema name;
begin
    select n.nspname into name_of_extension_schema
    from pg_extension as e
    inner join pg_namespace as n on e.extnamespace = n.oid
    where e.extname = 'timescaledb';
    for entry in
        select p.partition_name, p.during
        from timeseries.list_partitions(target) as p
        where upper(p.during) <= older_than and p.during <@ only_within
        order by p.during
        limit partitions_max
    loop
        if name_of_extension_schema is null then
            execute format('drop table %s', entry.partition_name);
        else
            execute format(
                'select %I.drop_chunks($1, older_than => $2, newer_than => $3)', name_of_extension_schema
            ) using target, upper(entry.during), lower(entry.during);
        end if;
        partition_name := entry.partition_name;
        during := entry.during;
        return next;
    end loop;
end;
$_$;
COMMENT ON FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange, partitions_max integer) IS 'Drop partitions or chunks that hold only rows older than a moment; returns what was dropped.';
CREATE FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    entry timeseries.series;
    name_of_schema name;
    name_of_partition text;
    lower_bound timestamptz;
begin
    select * into entry from timeseries.series as s where s.target = ensure_partition.target;
    if not found then
        raise exception 'table % is not a time series', target;
    end if;
    select n.nspname, c.relname into name_of_schema, name_of_partition
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where c.oid = entry.target and c.relkind = 'p';
    if not found then
        return false; -- TimescaleDB makes chunks as rows arrive
    end if;
    lower_bound := date_bin(entry.partition_interval, moment, '2000-01-01 00:00:00+00');
    name_of_partition := name_of_partition || to_char(lower_bound at time zone 'UTC', '"_p"YYYYMMDDHH24');
    if to_regclass(format('%I.%I', name_of_schema, name_of_partition)) is not null then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtext('timeseries.ensure_partition'), entry.target::oid::integer);
    if to_regclass(format('%I.%I', name_of_schema, name_of_partition)) is not null then
        return false; -- another session made it while this one waited
    end if;
    -- Attaching takes a weaker lock on the table than creating in place, so readers go on.
    execute format(
        'create table %I.%I (like %s including defaults including constraints including storage)',
        name_of_schema, name_of_partition, entry.target
    );
    execute format(
        'alter table %s attach partition %I.%I for values from (%L) to (%L)',
        entry.target, name_of_schema, name_of_partition,
        lower_bound, lower_bound + entry.partition_interval
    );
    return true;
end;
$$;
COMMENT ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) IS 'Make the partition that holds a moment; true where one was made, false where none was needed.';
CREATE FUNCTION timeseries.list_partitions(target regclass) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO'
    AS $_$
begin
    if not exists (select from timeseries.series as s where s.target = list_partitions.target) then
        raise exception 'table % is not a time series', target;
    end if;
    if exists (select from pg_class as c where c.oid = list_partitions.target and c.relkind = 'p') then
        return query
        select
            format('%I.%I', n.nspname, c.relname) as partition_name,
            tstzrange(bound.moments[1]::timestamptz, bound.moments[2]::timestamptz) as during
        from pg_inherits as i
        inner join pg_class as c on i.inhrelid = c.oid
        inner join pg_namespace as n on c.relnamespace = n.oid
        cross join lateral regexp_match(
            pg_get_expr(c.relpartbound, c.oid), $pattern$FROM \('([^']+)'\) TO \('([^']+)'\)$pattern$
        ) as bound (moments)
        where i.inhparent = list_partitions.target and not i.inhdetachpending
        order by during;
        return;
    end if;
    -- Named in a string, since the view exists on one engine only.
    return query execute
    $query$
        select
            format('%I.%I', k.chunk_schema, k.chunk_name) as partition_name,
            tstzrange(k.range_start, k.range_end) as during
        from timescaledb_information.chunks as k
        inner join pg_class as c on k.hypertable_name = c.relname
        inner join pg_namespace as n on c.relnamespace = n.oid and k.hypertable_schema = n.nspname
        where c.oid = $1
        order by during
    $query$
    using target;
end;
$_$;
COMMENT ON FUNCTION timeseries.list_partitions(target regclass) IS 'The partitions or chunks of a time series and the time each holds.';
CREATE FUNCTION timeseries.make_time_series(target regclass, time_column name, partition_interval interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
declare
    name_of_schema name;
    name_of_table name;
begin
    if exists (select from pg_extension where extname = 'timescaledb') then
        perform create_hypertable(
            target, by_range(time_column, partition_interval), create_default_indexes => false
        );
        insert into timeseries.series values (target, time_column, partition_interval);
        return;
    end if;
    select n.nspname, c.relname into name_of_schema, name_of_table
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where c.oid = target;
    -- PostgreSQL cannot partition a table that exists, so its definition moves to a new one. The old one goes first:
    -- then indexes and constraints get the names that they have where TimescaleDB is.
    execute format('create table timeseries.definition (like %s including all)', target);
    execute format('drop table %s', target);
    execute format(
        'create table %I.%I (like timeseries.definition including all) partition by range (%I)',
        name_of_schema, name_of_table, time_column
    );
    drop table timeseries.definition;
    insert into timeseries.series
    values (format('%I.%I', name_of_schema, name_of_table)::regclass, time_column, partition_interval);
end;
$$;
COMMENT ON FUNCTION timeseries.make_time_series(target regclass, time_column name, partition_interval interval) IS 'Make a table a hypertable or a range-partitioned table, whichever this database can.';
CREATE TABLE market_data.events (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body_sha256 bytea NOT NULL,
    series_ticker text COLLATE pg_catalog."C",
    title text,
    sub_title text,
    mutually_exclusive boolean,
    strike_date timestamp with time zone,
    strike_period text,
    body jsonb NOT NULL
);
COMMENT ON TABLE market_data.events IS 'The exchange''s events, each in its newest known state.';
COMMENT ON COLUMN market_data.events.ticker IS 'The exchange''s name of it.';
COMMENT ON COLUMN market_data.events.updated_time IS 'The exchange''s time of the last change; null where it tells none.';
COMMENT ON COLUMN market_data.events.fetched_at IS 'When a gatherer fetched this state, by that host''s clock.';
COMMENT ON COLUMN market_data.events.body_sha256 IS 'Digest of the body.';
COMMENT ON COLUMN market_data.events.series_ticker IS 'The series it belongs to.';
COMMENT ON COLUMN market_data.events.title IS 'The question for people.';
COMMENT ON COLUMN market_data.events.sub_title IS 'What tells it apart within its series.';
COMMENT ON COLUMN market_data.events.mutually_exclusive IS 'Whether only one of its markets can settle as yes.';
COMMENT ON COLUMN market_data.events.strike_date IS 'When it is decided, where a moment decides it.';
COMMENT ON COLUMN market_data.events.strike_period IS 'The period it is about, where no moment decides it.';
COMMENT ON COLUMN market_data.events.body IS 'The object as the exchange sent it.';
CREATE TABLE market_data.events_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    body_sha256 bytea NOT NULL,
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    gatherer_id smallint NOT NULL
);
COMMENT ON TABLE market_data.events_history IS 'Every state of the exchange''s events that any gatherer fetched, each once.';
COMMENT ON COLUMN market_data.events_history.ticker IS 'The exchange''s name of it.';
COMMENT ON COLUMN market_data.events_history.body_sha256 IS 'Digest of the body.';
COMMENT ON COLUMN market_data.events_history.updated_time IS 'The exchange''s time of the change; null where it tells none.';
COMMENT ON COLUMN market_data.events_history.fetched_at IS 'When the gatherer that brought it fetched it, by that host''s clock.';
COMMENT ON COLUMN market_data.events_history.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN market_data.events_history.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE market_data.index_values (
    source_ts timestamp with time zone NOT NULL,
    index_id text NOT NULL COLLATE pg_catalog."C",
    published_at timestamp with time zone NOT NULL,
    value numeric NOT NULL,
    average_60s numeric,
    average_15min numeric,
    payload jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL
)
PARTITION BY RANGE (source_ts);
COMMENT ON TABLE market_data.index_values IS 'Values of the indices that markets settle by, each once.';
COMMENT ON COLUMN market_data.index_values.source_ts IS 'The time inside the upstream frame; the exchange''s own where that has none.';
COMMENT ON COLUMN market_data.index_values.index_id IS 'BRTI, ETHUSD_RTI, …';
COMMENT ON COLUMN market_data.index_values.published_at IS 'When the exchange received the value.';
COMMENT ON COLUMN market_data.index_values.value IS 'Dollars, exactly as sent.';
COMMENT ON COLUMN market_data.index_values.average_60s IS 'Dollars: the average over the 60 s before; null where not sent.';
COMMENT ON COLUMN market_data.index_values.average_15min IS 'Dollars: the average of the last minute of a quarter of an hour; null outside that minute.';
COMMENT ON COLUMN market_data.index_values.payload IS 'The whole message body.';
COMMENT ON COLUMN market_data.index_values.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.index_values.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE market_data.lifecycle_events (
    seen_at timestamp with time zone NOT NULL,
    subject_ticker text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    payload_sha256 bytea NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    occurrence integer DEFAULT 0 NOT NULL
)
PARTITION BY RANGE (seen_at);
COMMENT ON TABLE market_data.lifecycle_events IS 'What became of markets and events, each message once.';
COMMENT ON COLUMN market_data.lifecycle_events.seen_at IS 'When the exchange sent it; when it was received where the message does not say.';
COMMENT ON COLUMN market_data.lifecycle_events.subject_ticker IS 'The market''s ticker, or the event''s where the message is about one.';
COMMENT ON COLUMN market_data.lifecycle_events.kind IS 'created, activated, deactivated, close_date_updated, determined, settled, ...';
COMMENT ON COLUMN market_data.lifecycle_events.payload_sha256 IS 'Digest of the message body.';
COMMENT ON COLUMN market_data.lifecycle_events.payload IS 'The whole message body.';
COMMENT ON COLUMN market_data.lifecycle_events.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.lifecycle_events.gatherer_id IS 'The gatherer that brought it.';
COMMENT ON COLUMN market_data.lifecycle_events.occurrence IS 'Counts equal messages of a connection that follow each other within 5 s, from 0.';
CREATE TABLE market_data.markets (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body_sha256 bytea NOT NULL,
    event_ticker text COLLATE pg_catalog."C",
    market_type text,
    title text,
    yes_sub_title text,
    no_sub_title text,
    status text,
    result text,
    open_time timestamp with time zone,
    close_time timestamp with time zone,
    settlement_ts timestamp with time zone,
    body jsonb NOT NULL
);
COMMENT ON TABLE market_data.markets IS 'The exchange''s markets, each in its newest known state.';
COMMENT ON COLUMN market_data.markets.ticker IS 'The exchange''s name of it.';
COMMENT ON COLUMN market_data.markets.updated_time IS 'The exchange''s time of the last change; null where it tells none.';
COMMENT ON COLUMN market_data.markets.fetched_at IS 'When a gatherer fetched this state, by that host''s clock.';
COMMENT ON COLUMN market_data.markets.body_sha256 IS 'Digest of the body.';
COMMENT ON COLUMN market_data.markets.event_ticker IS 'The event it belongs to.';
COMMENT ON COLUMN market_data.markets.market_type IS 'binary or scalar.';
COMMENT ON COLUMN market_data.markets.title IS 'The question for people; the exchange may leave it out.';
COMMENT ON COLUMN market_data.markets.yes_sub_title IS 'What YES means.';
COMMENT ON COLUMN market_data.markets.no_sub_title IS 'What NO means.';
COMMENT ON COLUMN market_data.markets.status IS 'initialized, inactive, active, closed, determined, disputed, amended or finalized.';
COMMENT ON COLUMN market_data.markets.result IS 'yes, no, scalar, or empty before it is determined.';
COMMENT ON COLUMN market_data.markets.open_time IS 'When trading opens.';
COMMENT ON COLUMN market_data.markets.close_time IS 'When trading closes.';
COMMENT ON COLUMN market_data.markets.settlement_ts IS 'When it was settled; null before.';
COMMENT ON COLUMN market_data.markets.body IS 'The object as the exchange sent it.';
CREATE TABLE market_data.series (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body_sha256 bytea NOT NULL,
    title text,
    category text,
    frequency text,
    fee_type text,
    body jsonb NOT NULL
);
COMMENT ON TABLE market_data.series IS 'The exchange''s series, each in its newest known state.';
COMMENT ON COLUMN market_data.series.ticker IS 'The exchange''s name of it.';
COMMENT ON COLUMN market_data.series.updated_time IS 'The exchange''s time of the last change; null where it tells none.';
COMMENT ON COLUMN market_data.series.fetched_at IS 'When a gatherer fetched this state, by that host''s clock.';
COMMENT ON COLUMN market_data.series.body_sha256 IS 'Digest of the body.';
COMMENT ON COLUMN market_data.series.title IS 'The name for people.';
COMMENT ON COLUMN market_data.series.category IS 'The primary category.';
COMMENT ON COLUMN market_data.series.frequency IS 'How often it has a new event: daily, weekly, …';
COMMENT ON COLUMN market_data.series.fee_type IS 'How fees are computed.';
COMMENT ON COLUMN market_data.series.body IS 'The object as the exchange sent it.';
CREATE VIEW market_data.markets_described AS
 SELECT m.ticker AS market_ticker,
    m.event_ticker,
    e.series_ticker,
    COALESCE(m.title, e.title) AS title,
    m.yes_sub_title,
    m.no_sub_title,
    m.market_type,
    m.status,
    m.result,
    m.open_time,
    m.close_time,
    m.settlement_ts,
    m.updated_time,
    e.title AS event_title,
    e.sub_title AS event_sub_title,
    e.mutually_exclusive,
    e.strike_date,
    e.strike_period,
    s.title AS series_title,
    s.category,
    s.frequency,
    s.fee_type,
    m.body AS market,
    e.body AS event,
    s.body AS series
   FROM ((market_data.markets m
     LEFT JOIN market_data.events e ON ((m.event_ticker = e.ticker)))
     LEFT JOIN market_data.series s ON ((e.series_ticker = s.ticker)));
COMMENT ON VIEW market_data.markets_described IS 'Every market with its event and series; a column is null while that is not known.';
COMMENT ON COLUMN market_data.markets_described.market_ticker IS 'The market, as in all other tables.';
COMMENT ON COLUMN market_data.markets_described.event_ticker IS 'The event the market belongs to.';
COMMENT ON COLUMN market_data.markets_described.series_ticker IS 'The series the event belongs to.';
COMMENT ON COLUMN market_data.markets_described.title IS 'The market''s question, else its event''s.';
COMMENT ON COLUMN market_data.markets_described.yes_sub_title IS 'What YES means.';
COMMENT ON COLUMN market_data.markets_described.no_sub_title IS 'What NO means.';
COMMENT ON COLUMN market_data.markets_described.market_type IS 'binary or scalar.';
COMMENT ON COLUMN market_data.markets_described.status IS 'initialized, inactive, active, closed, determined, disputed, amended or finalized.';
COMMENT ON COLUMN market_data.markets_described.result IS 'yes, no, scalar, or empty before it is determined.';
COMMENT ON COLUMN market_data.markets_described.open_time IS 'When trading opens.';
COMMENT ON COLUMN market_data.markets_described.close_time IS 'When trading closes.';
COMMENT ON COLUMN market_data.markets_described.settlement_ts IS 'When the market was settled; null before.';
COMMENT ON COLUMN market_data.markets_described.updated_time IS 'The exchange''s time of the market''s last change; null where it tells none.';
COMMENT ON COLUMN market_data.markets_described.event_title IS 'The event''s question.';
COMMENT ON COLUMN market_data.markets_described.event_sub_title IS 'What tells the event apart within its series.';
COMMENT ON COLUMN market_data.markets_described.mutually_exclusive IS 'Whether only one of the event''s markets can settle as yes.';
COMMENT ON COLUMN market_data.markets_described.strike_date IS 'When the event is decided, where a moment decides it.';
COMMENT ON COLUMN market_data.markets_described.strike_period IS 'The period the event is about, where no moment decides it.';
COMMENT ON COLUMN market_data.markets_described.series_title IS 'The series'' name.';
COMMENT ON COLUMN market_data.markets_described.category IS 'The series'' primary category.';
COMMENT ON COLUMN market_data.markets_described.frequency IS 'How often the series has a new event.';
COMMENT ON COLUMN market_data.markets_described.fee_type IS 'How fees are computed.';
COMMENT ON COLUMN market_data.markets_described.market IS 'The market as the exchange sent it.';
COMMENT ON COLUMN market_data.markets_described.event IS 'The event as the exchange sent it.';
COMMENT ON COLUMN market_data.markets_described.series IS 'The series as the exchange sent it.';
CREATE TABLE market_data.markets_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    body_sha256 bytea NOT NULL,
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    gatherer_id smallint NOT NULL
);
COMMENT ON TABLE market_data.markets_history IS 'Every state of the exchange''s markets that any gatherer fetched, each once.';
COMMENT ON COLUMN market_data.markets_history.ticker IS 'The exchange''s name of it.';
COMMENT ON COLUMN market_data.markets_history.body_sha256 IS 'Digest of the body.';
COMMENT ON COLUMN market_data.markets_history.updated_time IS 'The exchange''s time of the change; null where it tells none.';
COMMENT ON COLUMN market_data.markets_history.fetched_at IS 'When the gatherer that brought it fetched it, by that host''s clock.';
COMMENT ON COLUMN market_data.markets_history.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN market_data.markets_history.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE ops.expected (
    channel text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    began_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone,
    dropped_at timestamp with time zone,
    closed_at timestamp with time zone,
    determined_at timestamp with time zone,
    during tstzrange GENERATED ALWAYS AS (tstzrange(LEAST(began_at, opened_at),
CASE
    WHEN (COALESCE(dropped_at, closed_at, determined_at) IS NOT NULL) THEN GREATEST(LEAST(began_at, opened_at), LEAST(dropped_at, closed_at, determined_at))
    ELSE NULL::timestamp with time zone
END)) STORED NOT NULL
);
COMMENT ON TABLE ops.expected IS 'When something was to be recorded: outside of it nothing can be missing. Kept by what subscriptions and markets say.';
COMMENT ON COLUMN ops.expected.market_ticker IS 'Empty for a channel of all markets.';
COMMENT ON COLUMN ops.expected.began_at IS 'When the first gatherer covered it.';
COMMENT ON COLUMN ops.expected.opened_at IS 'When the market opened, where it was first covered later, but within a day; else it was not wanted before.';
COMMENT ON COLUMN ops.expected.dropped_at IS 'When the last gatherer gave it up because the market is over; null while any may still want it.';
COMMENT ON COLUMN ops.expected.closed_at IS 'When the market closed, as the exchange lists it; null while it is open.';
COMMENT ON COLUMN ops.expected.determined_at IS 'When the exchange said that the market is determined or settled.';
COMMENT ON COLUMN ops.expected.during IS 'The whole, without end while it goes on.';
CREATE VIEW market_data.order_book_now AS
 SELECT e.market_ticker,
    b.side,
    b.price,
    b.size
   FROM (ops.expected e
     CROSS JOIN LATERAL market_data.book_at(e.market_ticker, 'infinity'::timestamp with time zone) b(side, price, size))
  WHERE ((e.channel = 'orderbook_delta'::text) AND upper_inf(e.during));
COMMENT ON VIEW market_data.order_book_now IS 'The current order book of each market that is not over; as far as it is merged, usually a fraction of a second behind.';
COMMENT ON COLUMN market_data.order_book_now.market_ticker IS 'The market.';
COMMENT ON COLUMN market_data.order_book_now.side IS 'The ladder of bids: yes or no. A NO bid at p is a YES ask at 1 - p.';
COMMENT ON COLUMN market_data.order_book_now.price IS 'Dollars, on the scale of its own side.';
COMMENT ON COLUMN market_data.order_book_now.size IS 'Contracts resting at this price.';
CREATE TABLE market_data.orderbook_deltas (
    exchange_ts timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    clock bigint NOT NULL,
    side text NOT NULL,
    price numeric NOT NULL,
    size_delta numeric NOT NULL,
    occurrence integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    CONSTRAINT orderbook_deltas_side_check CHECK ((side = ANY (ARRAY['yes'::text, 'no'::text])))
)
PARTITION BY RANGE (exchange_ts);
COMMENT ON TABLE market_data.orderbook_deltas IS 'Every change of an order-book level, as often as it happened.';
COMMENT ON COLUMN market_data.orderbook_deltas.exchange_ts IS 'When the matching engine made the change.';
COMMENT ON COLUMN market_data.orderbook_deltas.market_ticker IS 'The market whose book changed.';
COMMENT ON COLUMN market_data.orderbook_deltas.clock IS 'The exchange''s logical clock of the market, 0 in recordings before it existed.';
COMMENT ON COLUMN market_data.orderbook_deltas.side IS 'The ladder of bids that changed.';
COMMENT ON COLUMN market_data.orderbook_deltas.price IS 'Dollars, on the scale of its own side.';
COMMENT ON COLUMN market_data.orderbook_deltas.size_delta IS 'Change of the resting contracts.';
COMMENT ON COLUMN market_data.orderbook_deltas.occurrence IS 'Counts otherwise equal changes from 0.';
COMMENT ON COLUMN market_data.orderbook_deltas.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.orderbook_deltas.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE market_data.orderbook_snapshots (
    received_at timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    market_id text NOT NULL,
    clock bigint NOT NULL,
    levels_sha256 bytea NOT NULL,
    occurrence integer NOT NULL,
    yes_prices numeric[] NOT NULL,
    yes_sizes numeric[] NOT NULL,
    no_prices numeric[] NOT NULL,
    no_sizes numeric[] NOT NULL,
    gatherer_id smallint NOT NULL
)
PARTITION BY RANGE (received_at);
COMMENT ON TABLE market_data.orderbook_snapshots IS 'Whole order books as the exchange sent them, each state once.';
COMMENT ON COLUMN market_data.orderbook_snapshots.received_at IS 'When it was first received: the exchange gives snapshots no time.';
COMMENT ON COLUMN market_data.orderbook_snapshots.market_ticker IS 'The market whose book it is.';
COMMENT ON COLUMN market_data.orderbook_snapshots.market_id IS 'The exchange''s id of the market; empty where it does not know the ticker.';
COMMENT ON COLUMN market_data.orderbook_snapshots.clock IS 'The newest change contained; 0 where the market never changed, and in recordings before clocks existed.';
COMMENT ON COLUMN market_data.orderbook_snapshots.levels_sha256 IS 'Digest of all levels.';
COMMENT ON COLUMN market_data.orderbook_snapshots.occurrence IS '0 with a clock; without one counts equal snapshots of a connection from 1.';
COMMENT ON COLUMN market_data.orderbook_snapshots.yes_prices IS 'Dollars of the YES bids; empty for none.';
COMMENT ON COLUMN market_data.orderbook_snapshots.yes_sizes IS 'Contracts at the price of the same position.';
COMMENT ON COLUMN market_data.orderbook_snapshots.no_prices IS 'Dollars of the NO bids, on the NO scale; empty for none.';
COMMENT ON COLUMN market_data.orderbook_snapshots.no_sizes IS 'Contracts at the price of the same position.';
COMMENT ON COLUMN market_data.orderbook_snapshots.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE market_data.series_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    body_sha256 bytea NOT NULL,
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    gatherer_id smallint NOT NULL
);
COMMENT ON TABLE market_data.series_history IS 'Every state of the exchange''s series that any gatherer fetched, each once.';
COMMENT ON COLUMN market_data.series_history.ticker IS 'The exchange''s name of it.';
COMMENT ON COLUMN market_data.series_history.body_sha256 IS 'Digest of the body.';
COMMENT ON COLUMN market_data.series_history.updated_time IS 'The exchange''s time of the change; null where it tells none.';
COMMENT ON COLUMN market_data.series_history.fetched_at IS 'When the gatherer that brought it fetched it, by that host''s clock.';
COMMENT ON COLUMN market_data.series_history.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN market_data.series_history.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE market_data.tickers (
    exchange_ts timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    values_sha256 bytea NOT NULL,
    market_id text,
    last_price numeric,
    yes_bid numeric,
    yes_ask numeric,
    yes_bid_size numeric,
    yes_ask_size numeric,
    last_trade_size numeric,
    volume numeric,
    open_interest numeric,
    dollar_volume bigint,
    dollar_open_interest bigint,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL
)
PARTITION BY RANGE (exchange_ts);
COMMENT ON TABLE market_data.tickers IS 'Every market summary any gatherer received, once; the exchange may leave states out.';
COMMENT ON COLUMN market_data.tickers.exchange_ts IS 'The exchange''s time of the state.';
COMMENT ON COLUMN market_data.tickers.market_ticker IS 'The market summed up.';
COMMENT ON COLUMN market_data.tickers.values_sha256 IS 'Digest of all values.';
COMMENT ON COLUMN market_data.tickers.market_id IS 'The exchange''s id of the market; null where not sent.';
COMMENT ON COLUMN market_data.tickers.last_price IS 'Dollars of the last trade, 0 before the first; null where not sent.';
COMMENT ON COLUMN market_data.tickers.yes_bid IS 'Dollars of the best YES bid, 0 for an empty side.';
COMMENT ON COLUMN market_data.tickers.yes_ask IS 'Dollars of the best YES ask.';
COMMENT ON COLUMN market_data.tickers.yes_bid_size IS 'Contracts at the best YES bid; null where not sent.';
COMMENT ON COLUMN market_data.tickers.yes_ask_size IS 'Contracts at the best YES ask; null where not sent.';
COMMENT ON COLUMN market_data.tickers.last_trade_size IS 'Contracts of the last trade; null where not sent.';
COMMENT ON COLUMN market_data.tickers.volume IS 'Contracts traded since the market opened.';
COMMENT ON COLUMN market_data.tickers.open_interest IS 'Contracts held.';
COMMENT ON COLUMN market_data.tickers.dollar_volume IS 'Whole dollars.';
COMMENT ON COLUMN market_data.tickers.dollar_open_interest IS 'Whole dollars.';
COMMENT ON COLUMN market_data.tickers.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.tickers.gatherer_id IS 'The gatherer that brought it.';
CREATE VIEW market_data.top_of_book AS
 SELECT exchange_ts,
    market_ticker,
    yes_bid,
    yes_ask,
    yes_bid_size,
    yes_ask_size,
    (yes_ask - yes_bid) AS spread
   FROM market_data.tickers t
  WHERE ((yes_bid IS NOT NULL) OR (yes_ask IS NOT NULL));
COMMENT ON VIEW market_data.top_of_book IS 'The best YES bid and ask of each market over time; the exchange may leave out states that lasted for a moment only.';
COMMENT ON COLUMN market_data.top_of_book.exchange_ts IS 'The exchange''s time of the state.';
COMMENT ON COLUMN market_data.top_of_book.market_ticker IS 'The market.';
COMMENT ON COLUMN market_data.top_of_book.yes_bid IS 'Dollars of the best YES bid, 0 for an empty side.';
COMMENT ON COLUMN market_data.top_of_book.yes_ask IS 'Dollars of the best YES ask: 1 less the best NO bid, so 1 for an empty side.';
COMMENT ON COLUMN market_data.top_of_book.yes_bid_size IS 'Contracts at the best YES bid; null where not sent.';
COMMENT ON COLUMN market_data.top_of_book.yes_ask_size IS 'Contracts at the best YES ask; null where not sent.';
COMMENT ON COLUMN market_data.top_of_book.spread IS 'Dollars between ask and bid.';
CREATE TABLE market_data.trades (
    exchange_ts timestamp with time zone NOT NULL,
    trade_id text NOT NULL COLLATE pg_catalog."C",
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    yes_price numeric NOT NULL,
    no_price numeric NOT NULL,
    size numeric NOT NULL,
    taker_side text NOT NULL,
    is_block_trade boolean,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    CONSTRAINT trades_taker_side_check CHECK ((taker_side = ANY (ARRAY['yes'::text, 'no'::text])))
)
PARTITION BY RANGE (exchange_ts);
COMMENT ON TABLE market_data.trades IS 'Every trade, once.';
COMMENT ON COLUMN market_data.trades.exchange_ts IS 'When the matching engine traded.';
COMMENT ON COLUMN market_data.trades.trade_id IS 'The exchange''s identity of the trade, the same over WebSocket and REST.';
COMMENT ON COLUMN market_data.trades.market_ticker IS 'The market that was traded.';
COMMENT ON COLUMN market_data.trades.yes_price IS 'Dollars paid for YES, 0 to 1.';
COMMENT ON COLUMN market_data.trades.no_price IS 'Dollars paid for NO, 0 to 1.';
COMMENT ON COLUMN market_data.trades.size IS 'Contracts.';
COMMENT ON COLUMN market_data.trades.taker_side IS 'What the taker bought: yes or no.';
COMMENT ON COLUMN market_data.trades.is_block_trade IS 'True for trades that left the order book alone; null where the message does not say.';
COMMENT ON COLUMN market_data.trades.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.trades.gatherer_id IS 'The gatherer that brought it.';
CREATE TABLE ops.arbitration (
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    sampled_one_in integer NOT NULL,
    rows_sampled bigint NOT NULL,
    rows_seen bigint NOT NULL,
    rows_unique bigint NOT NULL,
    rows_first bigint NOT NULL,
    rows_missed bigint NOT NULL,
    skew_ms_p50 numeric,
    skew_ms_p95 numeric,
    skew_ms_p99 numeric,
    lag_ms_p50 numeric,
    lag_ms_p99 numeric,
    computed_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE ops.arbitration IS 'What each gatherer contributed in each hour, counted in a sample of the rows.';
COMMENT ON COLUMN ops.arbitration.hour IS 'The beginning of the hour of the rows'' own time.';
COMMENT ON COLUMN ops.arbitration.sampled_one_in IS 'One row of so many is in the sample; 1 for all.';
COMMENT ON COLUMN ops.arbitration.rows_sampled IS 'Rows of the sample that any gatherer received.';
COMMENT ON COLUMN ops.arbitration.rows_seen IS 'Those that this gatherer received.';
COMMENT ON COLUMN ops.arbitration.rows_unique IS 'Those that it alone received.';
COMMENT ON COLUMN ops.arbitration.rows_first IS 'Those that it received first; at equal times, the lowest number.';
COMMENT ON COLUMN ops.arbitration.rows_missed IS 'Those that others received and it did not.';
COMMENT ON COLUMN ops.arbitration.skew_ms_p50 IS 'Half of the rows came at most so much later than to the first gatherer.';
COMMENT ON COLUMN ops.arbitration.skew_ms_p95 IS 'The same for 95 of 100 rows.';
COMMENT ON COLUMN ops.arbitration.skew_ms_p99 IS 'The same for 99 of 100 rows.';
COMMENT ON COLUMN ops.arbitration.lag_ms_p50 IS 'Half of the rows came at most so much after the exchange''s time; a clock that is off shows here.';
COMMENT ON COLUMN ops.arbitration.lag_ms_p99 IS 'The same for 99 of 100 rows.';
CREATE TABLE ops.archive_partitions (
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    touched_at timestamp with time zone DEFAULT now() NOT NULL,
    object_key text,
    schema_version integer,
    row_count bigint,
    byte_count bigint,
    sha256 bytea,
    etag text,
    watermarks jsonb,
    gatherer_rows jsonb,
    exported_at timestamp with time zone,
    verified_at timestamp with time zone,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    sums jsonb,
    failures integer DEFAULT 0 NOT NULL,
    error text,
    retry_at timestamp with time zone,
    CONSTRAINT archive_partitions_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'exporting'::text, 'exported'::text, 'verified'::text])))
);
COMMENT ON TABLE ops.archive_partitions IS 'Hours of streams on their way to the archive; merging a row marks its hour.';
COMMENT ON COLUMN ops.archive_partitions.hour IS 'The beginning of the hour that the rows'' time column falls into.';
COMMENT ON COLUMN ops.archive_partitions.state IS 'pending: rows were merged since the last export; exporting; exported; verified: read back and equal to production.';
COMMENT ON COLUMN ops.archive_partitions.touched_at IS 'When rows of this hour were last merged.';
COMMENT ON COLUMN ops.archive_partitions.watermarks IS 'The cursor of each gatherer and epoch when it was exported.';
COMMENT ON COLUMN ops.archive_partitions.gatherer_rows IS 'Rows by the gatherer that brought them.';
COMMENT ON COLUMN ops.archive_partitions.first_at IS 'The time of the earliest row in the object; null without rows.';
COMMENT ON COLUMN ops.archive_partitions.last_at IS 'The time of the latest row in the object.';
COMMENT ON COLUMN ops.archive_partitions.sums IS 'The sum of each column of amounts, as text.';
COMMENT ON COLUMN ops.archive_partitions.failures IS 'How often in a row it could not be written or read back.';
COMMENT ON COLUMN ops.archive_partitions.error IS 'Why the last attempt failed; null after one that succeeded.';
COMMENT ON COLUMN ops.archive_partitions.retry_at IS 'Not to be tried again before.';
CREATE TABLE ops.book_checks (
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    until_at timestamp with time zone NOT NULL,
    until_clock bigint NOT NULL,
    until_sha256 bytea NOT NULL,
    from_at timestamp with time zone NOT NULL,
    from_clock bigint NOT NULL,
    is_proven boolean NOT NULL,
    delta_count bigint NOT NULL,
    level_count integer NOT NULL,
    wrong_level_count integer NOT NULL,
    difference jsonb,
    attempts smallint DEFAULT 1 NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    check_again_at timestamp with time zone
);
COMMENT ON TABLE ops.book_checks IS 'Each snapshot against the one before it plus the changes between: equal proves the interval, else something is missing.';
COMMENT ON COLUMN ops.book_checks.until_at IS 'When the later snapshot was received; the interval ends there.';
COMMENT ON COLUMN ops.book_checks.until_clock IS 'The newest change that the later snapshot contains.';
COMMENT ON COLUMN ops.book_checks.until_sha256 IS 'Digest of the later snapshot''s levels.';
COMMENT ON COLUMN ops.book_checks.from_at IS 'When the earlier snapshot was received; the interval begins there.';
COMMENT ON COLUMN ops.book_checks.from_clock IS 'The newest change that the earlier snapshot contains.';
COMMENT ON COLUMN ops.book_checks.is_proven IS 'Whether the rebuilt book equals the later snapshot.';
COMMENT ON COLUMN ops.book_checks.delta_count IS 'Changes between the two clocks that production holds.';
COMMENT ON COLUMN ops.book_checks.level_count IS 'Levels that either book has.';
COMMENT ON COLUMN ops.book_checks.wrong_level_count IS 'Levels that differ.';
COMMENT ON COLUMN ops.book_checks.difference IS 'The first 50 levels that differ: side, price, size rebuilt and size published; null where proven.';
COMMENT ON COLUMN ops.book_checks.attempts IS 'How often this interval was checked.';
COMMENT ON COLUMN ops.book_checks.check_again_at IS 'When a broken interval is to be checked again; at once where late changes arrived; null for never.';
CREATE TABLE ops.market_minutes (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    day date NOT NULL,
    proven tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    covered tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    repaired tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    gap tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    idle tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    judged_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE ops.market_minutes IS 'The state of every expected minute, as runs of whole minutes; no minute has two states, one outside of all was not expected.';
COMMENT ON COLUMN ops.market_minutes.market_ticker IS 'Empty for a stream that is received for all markets at once.';
COMMENT ON COLUMN ops.market_minutes.day IS 'The day in UTC that all minutes of the row belong to.';
COMMENT ON COLUMN ops.market_minutes.proven IS 'Covered, and the books before and after prove that no change is missing.';
COMMENT ON COLUMN ops.market_minutes.covered IS 'Received, not proven yet.';
COMMENT ON COLUMN ops.market_minutes.repaired IS 'Missed by at least one gatherer and held thanks to another, or to REST.';
COMMENT ON COLUMN ops.market_minutes.gap IS 'Known to be lost: some part of the minute was received by nobody, or a book came out wrong.';
COMMENT ON COLUMN ops.market_minutes.idle IS 'Received, and nothing happened.';
COMMENT ON COLUMN ops.market_minutes.judged_at IS 'When a minute of the row was last judged.';
CREATE VIEW ops.completeness AS
 SELECT l.stream,
    l.market_ticker,
    m.minute,
    s.state
   FROM (((ops.market_minutes l
     CROSS JOIN LATERAL ( VALUES ('proven'::text,l.proven), ('covered'::text,l.covered), ('repaired'::text,l.repaired), ('gap'::text,l.gap), ('idle'::text,l.idle)) s(state, runs))
     CROSS JOIN LATERAL unnest(s.runs) r(run))
     CROSS JOIN LATERAL generate_series(lower(r.run), (upper(r.run) - '00:01:00'::interval), '00:01:00'::interval) m(minute));
COMMENT ON VIEW ops.completeness IS 'The ledger minute by minute; ask for one stream and a few days or one market.';
CREATE TABLE ops.connections (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    use_yes_price boolean NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    close_reason text,
    frames_received bigint,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL
);
COMMENT ON TABLE ops.connections IS 'The gatherers'' connections to the exchange, in their last known state.';
COMMENT ON COLUMN ops.connections.closed_at IS 'Null while open.';
COMMENT ON COLUMN ops.connections.ingest_xid IS 'The gatherer''s transaction that wrote this state; it orders states.';
CREATE TABLE ops.cursors (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    stream text NOT NULL,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL,
    rows_polled bigint DEFAULT 0 NOT NULL,
    rows_new bigint DEFAULT 0 NOT NULL,
    rows_duplicate bigint DEFAULT 0 NOT NULL,
    rows_rejected bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    shard text DEFAULT '1/1'::text NOT NULL
);
COMMENT ON TABLE ops.cursors IS 'How far each stream of each gatherer has been merged; moves in the transaction that merges.';
COMMENT ON COLUMN ops.cursors.epoch IS 'The identity of the gatherer''s database; a rebuilt one is read from its beginning.';
COMMENT ON COLUMN ops.cursors.ingest_xid IS 'The last transaction of the gatherer that is merged.';
COMMENT ON COLUMN ops.cursors.rows_new IS 'Rows this gatherer was the first to bring.';
COMMENT ON COLUMN ops.cursors.rows_duplicate IS 'Rows that production held already.';
COMMENT ON COLUMN ops.cursors.shard IS 'Which part of the markets, of how many: 1/1 for all of them.';
CREATE TABLE ops.deduplicators (
    shard text NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    status jsonb NOT NULL
);
COMMENT ON TABLE ops.deduplicators IS 'Written every few seconds by each running deduplicator: that it lives, and how.';
COMMENT ON COLUMN ops.deduplicators.shard IS 'Which part of the markets it merges, of how many: 1/1 for all of them.';
COMMENT ON COLUMN ops.deduplicators.beat_at IS 'When it last said so, by production''s clock.';
COMMENT ON COLUMN ops.deduplicators.status IS 'state, version, started_at, and health with its reasons.';
CREATE TABLE ops.dropped_partitions (
    stream text NOT NULL,
    during tstzrange NOT NULL,
    dropped_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE ops.dropped_partitions IS 'Time that production no longer holds, since the archive does.';
COMMENT ON COLUMN ops.dropped_partitions.during IS 'What the dropped partition held.';
CREATE TABLE ops.gaps (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    frame_number bigint NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    channel text NOT NULL,
    seq_expected bigint NOT NULL,
    seq_received bigint NOT NULL,
    began_at timestamp with time zone NOT NULL,
    detected_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    repair text,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL
);
COMMENT ON TABLE ops.gaps IS 'What each gatherer knows it missed on one connection; another may have received it.';
COMMENT ON COLUMN ops.gaps.began_at IS 'When the last frame before the gap was received.';
COMMENT ON COLUMN ops.gaps.ended_at IS 'When this gatherer repaired it; null until then.';
COMMENT ON COLUMN ops.gaps.repair IS 'snapshot or rest; null while nothing has repaired it.';
COMMENT ON COLUMN ops.gaps.ingest_xid IS 'The gatherer''s transaction that wrote this state; it orders states.';
CREATE TABLE ops.heartbeats (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone NOT NULL,
    status jsonb NOT NULL
);
COMMENT ON TABLE ops.heartbeats IS 'The last sign of life read from each gatherer.';
COMMENT ON COLUMN ops.heartbeats.beat_at IS 'By the gatherer''s clock.';
COMMENT ON COLUMN ops.heartbeats.read_at IS 'By production''s clock; a clock that is off shows as a difference.';
CREATE TABLE ops.lags (
    gatherer_id smallint NOT NULL,
    stream text NOT NULL,
    shard text NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    rows_waiting bigint,
    lag_seconds double precision,
    rows_held bigint,
    cause text,
    rows_per_second double precision,
    error text
);
COMMENT ON TABLE ops.lags IS 'How far production is behind each gatherer, as the deduplicator last measured it.';
COMMENT ON COLUMN ops.lags.shard IS 'The deduplicator that measured it: which part of the markets, of how many.';
COMMENT ON COLUMN ops.lags.rows_waiting IS 'Rows the gatherer holds and production does not, counted up to a million; null where the gatherer did not answer.';
COMMENT ON COLUMN ops.lags.lag_seconds IS 'For how long the oldest of them has waited.';
COMMENT ON COLUMN ops.lags.rows_held IS 'How many of them cannot be read yet, since an older transaction is open there.';
COMMENT ON COLUMN ops.lags.cause IS 'That transaction and whose it is.';
COMMENT ON COLUMN ops.lags.rows_per_second IS 'Rows polled per second between the last two measurements.';
COMMENT ON COLUMN ops.lags.error IS 'Why nothing comes from this gatherer; null where nothing is wrong.';
CREATE TABLE ops.late_rows (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    during tstzrange NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE ops.late_rows IS 'Rows that were merged when upkeep may have passed them already; each is looked at once and forgotten.';
COMMENT ON COLUMN ops.late_rows.during IS 'From the first to the last of the rows of one merge.';
CREATE TABLE ops.market_minutes_due (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    during tstzrange NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE ops.market_minutes_due IS 'Minutes to be judged anew, since coverage, a book check or late rows touched them.';
COMMENT ON COLUMN ops.market_minutes_due.during IS 'What was touched; minutes not judged yet at all are left out when it is done.';
CREATE TABLE ops.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.rejected_rows (
    rejected_at timestamp with time zone DEFAULT now() NOT NULL,
    stream text NOT NULL,
    gatherer_id smallint NOT NULL,
    ingest_xid xid8 NOT NULL,
    reason text NOT NULL,
    body jsonb NOT NULL
);
COMMENT ON TABLE ops.rejected_rows IS 'Rows of a gatherer that production refuses, whole, with the reason.';
COMMENT ON COLUMN ops.rejected_rows.ingest_xid IS 'The gatherer''s transaction that holds the row.';
CREATE TABLE ops.sightings (
    stream text NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    key_hash bigint NOT NULL,
    gatherer_id smallint NOT NULL,
    received_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE ops.sightings IS 'Who received a row, and when: the merge keeps only the first to bring it. A sample by the hash of the row''s identity.';
COMMENT ON COLUMN ops.sightings.seen_at IS 'The row''s own time, by the exchange''s clock.';
COMMENT ON COLUMN ops.sightings.key_hash IS 'Hash of the row''s identity; rows of equal hash are taken for one.';
COMMENT ON COLUMN ops.sightings.received_at IS 'When this gatherer received it first.';
CREATE TABLE ops.watermarks (
    name text NOT NULL,
    moment timestamp with time zone NOT NULL
);
COMMENT ON TABLE ops.watermarks IS 'How far each piece of upkeep has come; what is late behind it is noted and done anew.';
COMMENT ON COLUMN ops.watermarks.name IS 'book_checks, market_minutes or arbitration.';
COMMENT ON COLUMN ops.watermarks.moment IS 'Everything before is done.';
CREATE VIEW ops.stream_days AS
 SELECT d.stream,
    d.day,
        CASE
            WHEN COALESCE((w.moment < (((d.day + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text)), true) THEN 'pending'::text
            WHEN (d.minutes_held = (0)::numeric) THEN 'missing'::text
            WHEN (d.minutes_gap > (0)::numeric) THEN 'degraded'::text
            ELSE 'available'::text
        END AS condition,
    d.market_count,
    d.minutes_proven,
    d.minutes_covered,
    d.minutes_repaired,
    d.minutes_gap,
    d.minutes_idle
   FROM (( SELECT c.stream,
            c.day,
            count(l.day) AS market_count,
            COALESCE(sum(ops.minute_count(l.proven)), (0)::numeric) AS minutes_proven,
            COALESCE(sum(ops.minute_count(l.covered)), (0)::numeric) AS minutes_covered,
            COALESCE(sum(ops.minute_count(l.repaired)), (0)::numeric) AS minutes_repaired,
            COALESCE(sum(ops.minute_count(l.gap)), (0)::numeric) AS minutes_gap,
            COALESCE(sum(ops.minute_count(l.idle)), (0)::numeric) AS minutes_idle,
            COALESCE(sum(ops.minute_count((((l.proven + l.covered) + l.repaired) + l.idle))), (0)::numeric) AS minutes_held
           FROM (( SELECT f.stream,
                    ((g.day AT TIME ZONE 'UTC'::text))::date AS day
                   FROM (( SELECT s.stream,
                            date_trunc('day'::text, min(e.began_at), 'UTC'::text) AS began
                           FROM (ops.ledger_streams() s(stream, channel, is_by_market)
                             JOIN ops.expected e ON ((s.channel = e.channel)))
                          GROUP BY s.stream) f
                     CROSS JOIN LATERAL generate_series(f.began, date_trunc('day'::text, now(), 'UTC'::text), '1 day'::interval, 'UTC'::text) g(day))) c
             LEFT JOIN ops.market_minutes l ON (((c.stream = l.stream) AND (c.day = l.day))))
          GROUP BY c.stream, c.day) d
     LEFT JOIN ops.watermarks w ON ((w.name = 'market_minutes'::text)));
COMMENT ON VIEW ops.stream_days IS 'The condition of each stream and day: available, degraded, pending or missing.';
COMMENT ON COLUMN ops.stream_days.market_count IS 'Markets with any expected minute; 1 for a stream of all markets.';
COMMENT ON COLUMN ops.stream_days.minutes_proven IS 'Minutes of all markets together, as those that follow.';
CREATE TABLE ops.subscriptions (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    channel text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason text,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL
);
COMMENT ON TABLE ops.subscriptions IS 'When which gatherer covered which market: every message published then was received by it.';
COMMENT ON COLUMN ops.subscriptions.market_ticker IS 'Empty for a channel of all markets.';
COMMENT ON COLUMN ops.subscriptions.ended_at IS 'Null while covered, which holds until the gatherer''s last heartbeat.';
COMMENT ON COLUMN ops.subscriptions.end_reason IS 'gap, closed, stopped, crashed, dropped, or the exchange''s error.';
COMMENT ON COLUMN ops.subscriptions.ingest_xid IS 'The gatherer''s transaction that wrote this state; it orders states.';
CREATE TABLE timeseries.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE timeseries.series (
    target regclass NOT NULL,
    time_column name NOT NULL,
    partition_interval interval NOT NULL,
    CONSTRAINT series_partition_interval_check CHECK ((partition_interval > '00:00:00'::interval))
);
COMMENT ON TABLE timeseries.series IS 'Tables that are partitioned by time, whichever engine does it.';
COMMENT ON COLUMN timeseries.series.time_column IS 'The column rows are placed by; it is part of every unique key.';
COMMENT ON COLUMN timeseries.series.partition_interval IS 'How much time one partition holds.';
ALTER TABLE ONLY market_data.events_history
    ADD CONSTRAINT events_history_pkey PRIMARY KEY (ticker, body_sha256);
ALTER TABLE ONLY market_data.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY market_data.index_values
    ADD CONSTRAINT index_values_source_ts_index_id_key UNIQUE (source_ts, index_id);
ALTER TABLE ONLY market_data.lifecycle_events
    ADD CONSTRAINT lifecycle_events_seen_at_subject_ticker_kind_payload_sha256_key UNIQUE (seen_at, subject_ticker, kind, payload_sha256, occurrence);
ALTER TABLE ONLY market_data.markets_history
    ADD CONSTRAINT markets_history_pkey PRIMARY KEY (ticker, body_sha256);
ALTER TABLE ONLY market_data.markets
    ADD CONSTRAINT markets_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY market_data.orderbook_deltas
    ADD CONSTRAINT orderbook_deltas_exchange_ts_market_ticker_clock_side_price_key UNIQUE (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence);
ALTER TABLE ONLY market_data.orderbook_snapshots
    ADD CONSTRAINT orderbook_snapshots_received_at_market_ticker_clock_levels__key UNIQUE (received_at, market_ticker, clock, levels_sha256, occurrence);
ALTER TABLE ONLY market_data.series_history
    ADD CONSTRAINT series_history_pkey PRIMARY KEY (ticker, body_sha256);
ALTER TABLE ONLY market_data.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY market_data.tickers
    ADD CONSTRAINT tickers_exchange_ts_market_ticker_values_sha256_key UNIQUE (exchange_ts, market_ticker, values_sha256);
ALTER TABLE ONLY market_data.trades
    ADD CONSTRAINT trades_exchange_ts_trade_id_key UNIQUE (exchange_ts, trade_id);
ALTER TABLE ONLY ops.arbitration
    ADD CONSTRAINT arbitration_pkey PRIMARY KEY (stream, hour, gatherer_id);
ALTER TABLE ONLY ops.archive_partitions
    ADD CONSTRAINT archive_partitions_pkey PRIMARY KEY (stream, hour);
ALTER TABLE ONLY ops.book_checks
    ADD CONSTRAINT book_checks_pkey PRIMARY KEY (market_ticker, until_at, until_clock, until_sha256);
ALTER TABLE ONLY ops.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (gatherer_id, epoch, connection_id);
ALTER TABLE ONLY ops.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (gatherer_id, epoch, stream, shard);
ALTER TABLE ONLY ops.deduplicators
    ADD CONSTRAINT deduplicators_pkey PRIMARY KEY (shard);
ALTER TABLE ONLY ops.dropped_partitions
    ADD CONSTRAINT dropped_partitions_pkey PRIMARY KEY (stream, during);
ALTER TABLE ONLY ops.expected
    ADD CONSTRAINT expected_pkey PRIMARY KEY (channel, market_ticker);
ALTER TABLE ONLY ops.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (gatherer_id, epoch, frame_number);
ALTER TABLE ONLY ops.heartbeats
    ADD CONSTRAINT heartbeats_pkey PRIMARY KEY (gatherer_id);
ALTER TABLE ONLY ops.lags
    ADD CONSTRAINT lags_pkey PRIMARY KEY (gatherer_id, stream, shard);
ALTER TABLE ONLY ops.market_minutes
    ADD CONSTRAINT market_minutes_pkey PRIMARY KEY (stream, market_ticker, day);
ALTER TABLE ONLY ops.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY ops.sightings
    ADD CONSTRAINT sightings_pkey PRIMARY KEY (stream, seen_at, key_hash, gatherer_id);
ALTER TABLE ONLY ops.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (gatherer_id, epoch, connection_id, sid, market_ticker, began_at);
ALTER TABLE ONLY ops.watermarks
    ADD CONSTRAINT watermarks_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (target);
CREATE INDEX events_history_ticker_fetched_at_idx ON market_data.events_history USING btree (ticker, fetched_at);
CREATE INDEX events_series_ticker_idx ON market_data.events USING btree (series_ticker);
CREATE INDEX index_values_index_id_source_ts_idx ON ONLY market_data.index_values USING btree (index_id, source_ts);
CREATE INDEX lifecycle_events_subject_ticker_seen_at_idx ON ONLY market_data.lifecycle_events USING btree (subject_ticker, seen_at);
CREATE INDEX markets_event_ticker_idx ON market_data.markets USING btree (event_ticker);
CREATE INDEX markets_history_ticker_fetched_at_idx ON market_data.markets_history USING btree (ticker, fetched_at);
CREATE INDEX orderbook_deltas_market_ticker_exchange_ts_idx ON ONLY market_data.orderbook_deltas USING btree (market_ticker, exchange_ts);
CREATE INDEX orderbook_snapshots_market_ticker_received_at_idx ON ONLY market_data.orderbook_snapshots USING btree (market_ticker, received_at);
CREATE INDEX series_history_ticker_fetched_at_idx ON market_data.series_history USING btree (ticker, fetched_at);
CREATE INDEX tickers_market_ticker_exchange_ts_idx ON ONLY market_data.tickers USING btree (market_ticker, exchange_ts);
CREATE INDEX trades_market_ticker_exchange_ts_idx ON ONLY market_data.trades USING btree (market_ticker, exchange_ts);
CREATE INDEX archive_partitions_hour_idx ON ops.archive_partitions USING btree (hour) WHERE (state <> 'verified'::text);
CREATE INDEX book_checks_broken ON ops.book_checks USING btree (market_ticker, until_at) WHERE (NOT is_proven);
CREATE INDEX book_checks_due ON ops.book_checks USING btree (check_again_at) WHERE (check_again_at IS NOT NULL);
CREATE INDEX gaps_began_at_idx ON ops.gaps USING btree (began_at);
CREATE INDEX market_minutes_day_stream_idx ON ops.market_minutes USING btree (day, stream);
CREATE INDEX market_minutes_due_stream_market_ticker_idx ON ops.market_minutes_due USING btree (stream, market_ticker);
CREATE INDEX subscriptions_known_until ON ops.subscriptions USING btree (market_ticker, channel, COALESCE(ended_at, 'infinity'::timestamp with time zone));
CREATE INDEX subscriptions_market_ticker_channel_began_at_idx ON ops.subscriptions USING btree (market_ticker, channel, began_at);
CREATE INDEX subscriptions_open ON ops.subscriptions USING btree (gatherer_id, epoch) WHERE (ended_at IS NULL);
CREATE TRIGGER note_changed_coverage AFTER UPDATE ON ops.subscriptions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.note_coverage();
CREATE TRIGGER note_changed_gaps AFTER UPDATE ON ops.gaps REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.note_gaps();
CREATE TRIGGER note_coverage AFTER INSERT ON ops.subscriptions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.note_coverage();
CREATE TRIGGER note_gaps AFTER INSERT ON ops.gaps REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.note_gaps();
CREATE TRIGGER note_heartbeat AFTER UPDATE ON ops.heartbeats FOR EACH ROW WHEN (((new.epoch = old.epoch) AND ((new.beat_at - old.beat_at) > '00:00:30'::interval))) EXECUTE FUNCTION ops.note_heartbeat();
GRANT USAGE ON SCHEMA market_data TO deduplicator;
GRANT USAGE ON SCHEMA market_data TO reader;
GRANT USAGE ON SCHEMA market_data TO exporter;
GRANT USAGE ON SCHEMA ops TO deduplicator;
GRANT USAGE ON SCHEMA ops TO exporter;
GRANT USAGE ON SCHEMA timeseries TO deduplicator;
GRANT USAGE ON SCHEMA timeseries TO exporter;
REVOKE ALL ON FUNCTION ops.drop_archived(wanted_stream text, days_min integer, partitions_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.drop_archived(wanted_stream text, days_min integer, partitions_max integer) TO deduplicator;
GRANT ALL ON FUNCTION ops.moment(sent text) TO deduplicator;
GRANT ALL ON FUNCTION ops.truth(sent text) TO deduplicator;
REVOKE ALL ON FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange, partitions_max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.events TO deduplicator;
GRANT SELECT ON TABLE market_data.events TO reader;
GRANT SELECT ON TABLE market_data.events TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.events_history TO deduplicator;
GRANT SELECT ON TABLE market_data.events_history TO reader;
GRANT SELECT ON TABLE market_data.events_history TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.index_values TO deduplicator;
GRANT SELECT ON TABLE market_data.index_values TO reader;
GRANT SELECT ON TABLE market_data.index_values TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.lifecycle_events TO deduplicator;
GRANT SELECT ON TABLE market_data.lifecycle_events TO reader;
GRANT SELECT ON TABLE market_data.lifecycle_events TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.markets TO deduplicator;
GRANT SELECT ON TABLE market_data.markets TO reader;
GRANT SELECT ON TABLE market_data.markets TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.series TO deduplicator;
GRANT SELECT ON TABLE market_data.series TO reader;
GRANT SELECT ON TABLE market_data.series TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.markets_described TO deduplicator;
GRANT SELECT ON TABLE market_data.markets_described TO reader;
GRANT SELECT ON TABLE market_data.markets_described TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.markets_history TO deduplicator;
GRANT SELECT ON TABLE market_data.markets_history TO reader;
GRANT SELECT ON TABLE market_data.markets_history TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.expected TO deduplicator;
GRANT SELECT,INSERT ON TABLE market_data.order_book_now TO deduplicator;
GRANT SELECT ON TABLE market_data.order_book_now TO reader;
GRANT SELECT ON TABLE market_data.order_book_now TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.orderbook_deltas TO deduplicator;
GRANT SELECT ON TABLE market_data.orderbook_deltas TO reader;
GRANT SELECT ON TABLE market_data.orderbook_deltas TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.orderbook_snapshots TO deduplicator;
GRANT SELECT ON TABLE market_data.orderbook_snapshots TO reader;
GRANT SELECT ON TABLE market_data.orderbook_snapshots TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.series_history TO deduplicator;
GRANT SELECT ON TABLE market_data.series_history TO reader;
GRANT SELECT ON TABLE market_data.series_history TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.tickers TO deduplicator;
GRANT SELECT ON TABLE market_data.tickers TO reader;
GRANT SELECT ON TABLE market_data.tickers TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.top_of_book TO deduplicator;
GRANT SELECT ON TABLE market_data.top_of_book TO reader;
GRANT SELECT ON TABLE market_data.top_of_book TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.trades TO deduplicator;
GRANT SELECT ON TABLE market_data.trades TO reader;
GRANT SELECT ON TABLE market_data.trades TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.arbitration TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.book_checks TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.market_minutes TO deduplicator;
GRANT SELECT ON TABLE ops.completeness TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.connections TO deduplicator;
GRANT SELECT ON TABLE ops.connections TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.cursors TO deduplicator;
GRANT SELECT ON TABLE ops.cursors TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.deduplicators TO deduplicator;
GRANT SELECT ON TABLE ops.dropped_partitions TO deduplicator;
GRANT SELECT ON TABLE ops.dropped_partitions TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.gaps TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.heartbeats TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.lags TO deduplicator;
GRANT SELECT ON TABLE ops.lags TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.late_rows TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.market_minutes_due TO deduplicator;
GRANT SELECT ON TABLE ops.migration TO deduplicator;
GRANT SELECT ON TABLE ops.migration TO exporter;
GRANT SELECT,INSERT ON TABLE ops.rejected_rows TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.sightings TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.watermarks TO deduplicator;
GRANT SELECT ON TABLE ops.stream_days TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.subscriptions TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO exporter;
GRANT SELECT ON TABLE timeseries.series TO deduplicator;
GRANT SELECT ON TABLE timeseries.series TO exporter;
