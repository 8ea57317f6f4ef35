CREATE SCHEMA market_data;
CREATE SCHEMA ops;
CREATE SCHEMA timeseries;
CREATE FUNCTION ops.moment(sent text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    select case when pg_input_is_valid(sent, 'timestamptz') then sent::timestamptz end;
$$;
COMMENT ON FUNCTION ops.moment(sent text) IS 'A time that was sent as text; null where the text is none.';
CREATE FUNCTION ops.prepare_partitions(stage regclass, time_column name, target regclass, late_days_max integer) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
declare
    made bigint;
begin
    execute format(
        $query$
            select count(*) filter (where timeseries.ensure_partition($1, moment))
            from (
                select min(s.%1$I) as moment
                from %2$s as s
                where s.%1$I between now() - make_interval(days => $2) and now() + interval '1 day'
                group by date_trunc('hour', s.%1$I)
            ) as hours
        $query$,
        time_column, stage
    ) into made using target, late_days_max;
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
CREATE FUNCTION ops.refusal(moment timestamp with time zone, lowest numeric, highest numeric, late_days_max integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select case
        when moment < now() - make_interval(days => late_days_max) then 'time too old'
        when moment > now() + interval '1 day' then 'time in the future'
        when lowest < 0 or highest > 1 then 'price outside 0 to 1'
    end;
$$;
COMMENT ON FUNCTION ops.refusal(moment timestamp with time zone, lowest numeric, highest numeric, late_days_max integer) IS 'Why production refuses a row; null for a row that is accepted.';
CREATE FUNCTION ops.refusal_of_book(moment timestamp with time zone, prices numeric[], late_days_max integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select ops.refusal(moment, min(p), max(p), late_days_max) from unnest(prices) as p;
$$;
COMMENT ON FUNCTION ops.refusal_of_book(moment timestamp with time zone, prices numeric[], late_days_max integer) IS 'Why production refuses an order book; null for one that is accepted.';
CREATE FUNCTION ops.truth(sent text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case sent when 'true' then true when 'false' then false end;
$$;
COMMENT ON FUNCTION ops.truth(sent text) IS 'A yes or no that was sent as text; null where the text is neither.';
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
COMMENT ON COLUMN market_data.lifecycle_events.occurrence IS 'Counts equal messages of a connection within one hour, from 0.';
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
COMMENT ON COLUMN market_data.orderbook_snapshots.market_id IS 'The exchange''s id of the market; empty where it does not know the ticker.';
COMMENT ON COLUMN market_data.orderbook_snapshots.clock IS 'The newest change contained; 0 in recordings before it existed.';
COMMENT ON COLUMN market_data.orderbook_snapshots.levels_sha256 IS 'Digest of all levels.';
COMMENT ON COLUMN market_data.orderbook_snapshots.occurrence IS 'Without a clock: counts equal snapshots of a connection from 0; else 0.';
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
COMMENT ON COLUMN market_data.tickers.values_sha256 IS 'Digest of all values.';
COMMENT ON COLUMN market_data.tickers.last_price IS 'Dollars of the last trade, 0 before the first; null where not sent.';
COMMENT ON COLUMN market_data.tickers.yes_bid IS 'Dollars of the best YES bid, 0 for an empty side.';
COMMENT ON COLUMN market_data.tickers.yes_ask IS 'Dollars of the best YES ask.';
COMMENT ON COLUMN market_data.tickers.volume IS 'Contracts traded since the market opened.';
COMMENT ON COLUMN market_data.tickers.open_interest IS 'Contracts held.';
COMMENT ON COLUMN market_data.tickers.dollar_volume IS 'Whole dollars.';
COMMENT ON COLUMN market_data.tickers.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.tickers.gatherer_id IS 'The gatherer that brought it.';
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
COMMENT ON COLUMN market_data.trades.yes_price IS 'Dollars paid for YES, 0 to 1.';
COMMENT ON COLUMN market_data.trades.no_price IS 'Dollars paid for NO, 0 to 1.';
COMMENT ON COLUMN market_data.trades.size IS 'Contracts.';
COMMENT ON COLUMN market_data.trades.taker_side IS 'What the taker bought: yes or no.';
COMMENT ON COLUMN market_data.trades.is_block_trade IS 'True for trades that left the order book alone; null where the message does not say.';
COMMENT ON COLUMN market_data.trades.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.trades.gatherer_id IS 'The gatherer that brought it.';
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
    CONSTRAINT archive_partitions_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'exporting'::text, 'exported'::text, 'verified'::text])))
);
COMMENT ON TABLE ops.archive_partitions IS 'Hours of streams on their way to the archive; merging a row marks its hour.';
COMMENT ON COLUMN ops.archive_partitions.hour IS 'The beginning of the hour that the rows'' time column falls into.';
COMMENT ON COLUMN ops.archive_partitions.state IS 'pending: rows were merged since the last export; exporting; exported; verified: read back and equal to production.';
COMMENT ON COLUMN ops.archive_partitions.touched_at IS 'When rows of this hour were last merged.';
COMMENT ON COLUMN ops.archive_partitions.watermarks IS 'The cursor of each gatherer and epoch when it was exported.';
COMMENT ON COLUMN ops.archive_partitions.gatherer_rows IS 'Rows by the gatherer that brought them.';
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
ALTER TABLE ONLY ops.archive_partitions
    ADD CONSTRAINT archive_partitions_pkey PRIMARY KEY (stream, hour);
ALTER TABLE ONLY ops.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (gatherer_id, epoch, connection_id);
ALTER TABLE ONLY ops.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (gatherer_id, epoch, stream, shard);
ALTER TABLE ONLY ops.deduplicators
    ADD CONSTRAINT deduplicators_pkey PRIMARY KEY (shard);
ALTER TABLE ONLY ops.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (gatherer_id, epoch, frame_number);
ALTER TABLE ONLY ops.heartbeats
    ADD CONSTRAINT heartbeats_pkey PRIMARY KEY (gatherer_id);
ALTER TABLE ONLY ops.lags
    ADD CONSTRAINT lags_pkey PRIMARY KEY (gatherer_id, stream, shard);
ALTER TABLE ONLY ops.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY ops.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (gatherer_id, epoch, connection_id, sid, market_ticker, began_at);
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
CREATE INDEX gaps_began_at_idx ON ops.gaps USING btree (began_at);
CREATE INDEX subscriptions_market_ticker_channel_began_at_idx ON ops.subscriptions USING btree (market_ticker, channel, began_at);
GRANT USAGE ON SCHEMA market_data TO deduplicator;
GRANT USAGE ON SCHEMA market_data TO reader;
GRANT USAGE ON SCHEMA market_data TO exporter;
GRANT USAGE ON SCHEMA ops TO deduplicator;
GRANT USAGE ON SCHEMA ops TO exporter;
GRANT USAGE ON SCHEMA timeseries TO deduplicator;
GRANT USAGE ON SCHEMA timeseries TO exporter;
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
GRANT SELECT,INSERT ON TABLE market_data.trades TO deduplicator;
GRANT SELECT ON TABLE market_data.trades TO reader;
GRANT SELECT ON TABLE market_data.trades TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.connections TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.cursors TO deduplicator;
GRANT SELECT ON TABLE ops.cursors TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.deduplicators TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.gaps TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.heartbeats TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.lags TO deduplicator;
GRANT SELECT ON TABLE ops.migration TO deduplicator;
GRANT SELECT ON TABLE ops.migration TO exporter;
GRANT SELECT,INSERT ON TABLE ops.rejected_rows TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.subscriptions TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO exporter;
GRANT SELECT ON TABLE timeseries.series TO deduplicator;
