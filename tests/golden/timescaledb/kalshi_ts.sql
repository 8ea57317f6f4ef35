CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public;
COMMENT ON EXTENSION timescaledb IS 'Enables scalable inserts and complex queries for time-series data (Apache 2 Edition)';
CREATE SCHEMA capture;
CREATE SCHEMA sync;
CREATE SCHEMA timeseries;
CREATE FUNCTION capture.is_read(target regclass, partition_name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    newest xid8;
    acknowledged xid8;
begin
    execute format('select ingest_xid from %s order by ingest_xid desc limit 1', partition_name::regclass)
    into newest;
    select a.ingest_xid into acknowledged
    from capture.acknowledgements as a
    inner join pg_class as c on a.stream = c.relname
    where c.oid = target;
    return newest is null or coalesce(newest <= acknowledged, false);
end;
$$;
COMMENT ON FUNCTION capture.is_read(target regclass, partition_name text) IS 'Whether every row of one partition has been merged for good.';
CREATE FUNCTION capture.read_times(target regclass, older_than timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
declare
    entry record;
    found_times tstzmultirange := '{}';
begin
    for entry in
        select p.partition_name, p.during
        from timeseries.list_partitions(target) as p
        where upper(p.during) <= older_than
    loop
        -- Once without a lock, since what is not read stays so for long, and once under it.
        if capture.is_read(target, entry.partition_name) then
            execute format('lock table %s in share mode', entry.partition_name::regclass);
            if capture.is_read(target, entry.partition_name) then
                found_times := found_times + entry.during::tstzmultirange;
            end if;
        end if;
    end loop;
    return found_times;
end;
$$;
COMMENT ON FUNCTION capture.read_times(target regclass, older_than timestamp with time zone) IS 'The times whose rows are old and have all been merged for good.';
CREATE FUNCTION sync.acknowledge(stream text, ingest_xid xid8) RETURNS xid8
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    standing xid8;
begin
    if not exists (
        select from pg_class as c
        inner join pg_attribute as a on c.oid = a.attrelid and a.attname = 'ingest_xid'
        where c.relnamespace = 'sync'::regnamespace and c.relkind = 'v' and c.relname = acknowledge.stream || '_v1'
    ) then
        raise exception 'unknown stream %', acknowledge.stream using errcode = 'invalid_parameter_value';
    end if;
    if acknowledge.ingest_xid is null or acknowledge.ingest_xid >= pg_snapshot_xmin(pg_current_snapshot()) then
        raise exception 'transaction % of stream % cannot have been read yet', acknowledge.ingest_xid, acknowledge.stream
        using
            errcode = 'invalid_parameter_value',
            hint = 'The position belongs to another epoch: this database was rebuilt or restored.';
    end if;
    insert into capture.acknowledgements as a (stream, ingest_xid)
    values (acknowledge.stream, acknowledge.ingest_xid)
    on conflict on constraint acknowledgements_pkey do update
    set
        ingest_xid = greatest(a.ingest_xid, excluded.ingest_xid),
        acknowledged_at = now()
    returning a.ingest_xid into standing;
    return standing;
end;
$$;
COMMENT ON FUNCTION sync.acknowledge(stream text, ingest_xid xid8) IS 'Say how far a stream is merged for good; returns the position that stands.';
CREATE FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    readable xid8 := pg_snapshot_xmin(pg_current_snapshot());
    came name;
begin
    if to_regclass(format('sync.%I', stream || '_v1')) is null then
        raise exception 'there is no stream %', stream;
    end if;
    select a.attname into strict came
    from unnest('{received_at,fetched_at,began_at,opened_at}'::name[]) with ordinality as t (attname, place)
    inner join pg_attribute as a on t.attname = a.attname
    where a.attrelid = format('capture.%I', stream)::regclass
    order by t.place
    limit 1;
    execute format(
        $query$
            select count(*), min(%1$I), count(*) filter (where ingest_xid >= $2)
            from (
                select s.%1$I, s.ingest_xid from capture.%2$I as s
                where s.ingest_xid > $1 order by s.ingest_xid limit 1000000
            ) as waiting
        $query$,
        came, stream
    ) into rows_waiting, waiting_since, rows_held using after, readable;
    if rows_held > 0 then
        select format(
            'transaction %s is open since %s: process %s of %s, %s',
            readable, a.xact_start, a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'without a name')
        ) into cause
        from pg_stat_activity as a
        where a.backend_xid = readable::xid;
        cause := coalesce(cause, format('transaction %s is open', readable));
    end if;
end;
$_$;
COMMENT ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) IS 'How far a reader of a stream is behind, and what holds rows back from it.';
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
CREATE TABLE capture.acknowledgements (
    stream text NOT NULL,
    ingest_xid xid8 NOT NULL,
    acknowledged_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE capture.acknowledgements IS 'How far each stream has been read and merged for good; what lies beyond is not dropped by age.';
COMMENT ON COLUMN capture.acknowledgements.stream IS 'The name of its sync view without _v1.';
COMMENT ON COLUMN capture.acknowledgements.ingest_xid IS 'The last transaction that is merged; it never goes back.';
COMMENT ON COLUMN capture.acknowledgements.acknowledged_at IS 'When that was last said.';
CREATE TABLE capture.backfills (
    range_from timestamp with time zone NOT NULL,
    range_to timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    done_until timestamp with time zone NOT NULL,
    trades_fetched bigint DEFAULT 0 NOT NULL,
    trades_added bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT backfills_check CHECK ((range_to > range_from))
);
COMMENT ON TABLE capture.backfills IS 'How far each backfill of trades has come; one that was interrupted goes on from there.';
COMMENT ON COLUMN capture.backfills.range_from IS 'What was asked for: trades from this time of the exchange on, …';
COMMENT ON COLUMN capture.backfills.range_to IS '… and before this one.';
COMMENT ON COLUMN capture.backfills.market_ticker IS 'Empty for all markets.';
COMMENT ON COLUMN capture.backfills.done_until IS 'Every trade from range_from until here is captured; range_to where nothing is left to do.';
COMMENT ON COLUMN capture.backfills.trades_fetched IS 'Trades that REST gave.';
COMMENT ON COLUMN capture.backfills.trades_added IS 'Those among them that had not been captured.';
CREATE TABLE capture.connections (
    connection_id bigint NOT NULL,
    url text NOT NULL,
    use_yes_price boolean NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    close_reason text,
    frames_received bigint,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    name text DEFAULT ''::text NOT NULL
);
COMMENT ON TABLE capture.connections IS 'One row per WebSocket connection to the exchange.';
COMMENT ON COLUMN capture.connections.connection_id IS 'The number in the frame log of the record that opened the connection.';
COMMENT ON COLUMN capture.connections.use_yes_price IS 'Whether NO levels were asked for on the YES price scale.';
COMMENT ON COLUMN capture.connections.closed_at IS 'Null while open, or when the program ended before it could say.';
COMMENT ON COLUMN capture.connections.frames_received IS 'Frames received on it, known when it closed.';
COMMENT ON COLUMN capture.connections.ingest_xid IS 'The transaction that wrote or last changed the row.';
COMMENT ON COLUMN capture.connections.name IS 'What the connection is for: books-1, ticker-1, …';
CREATE TABLE capture.flush_position (
    only_row boolean DEFAULT true NOT NULL,
    frame_number bigint NOT NULL,
    CONSTRAINT flush_position_only_row_check CHECK (only_row)
);
COMMENT ON TABLE capture.flush_position IS 'How far in the frame log everything is committed, written by the flush that commits it.';
COMMENT ON COLUMN capture.flush_position.frame_number IS 'The number of the last frame that is committed.';
CREATE TABLE capture.gaps (
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    seq_expected bigint NOT NULL,
    seq_received bigint NOT NULL,
    detected_at timestamp with time zone NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    frame_number bigint NOT NULL,
    channel text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    repair text
);
COMMENT ON TABLE capture.gaps IS 'Sequence numbers of a subscription that did not arrive in order.';
COMMENT ON COLUMN capture.gaps.sid IS 'The subscription id, which means something on its connection only.';
COMMENT ON COLUMN capture.gaps.seq_expected IS 'The number that should have come next.';
COMMENT ON COLUMN capture.gaps.seq_received IS 'The number that came; lower than expected where the exchange repeated itself.';
COMMENT ON COLUMN capture.gaps.detected_at IS 'When the frame that showed the gap was received.';
COMMENT ON COLUMN capture.gaps.ingest_xid IS 'The transaction that wrote or last changed the row.';
COMMENT ON COLUMN capture.gaps.frame_number IS 'The number in the frame log of the frame that showed the gap.';
COMMENT ON COLUMN capture.gaps.channel IS 'The exchange''s channel of the subscription.';
COMMENT ON COLUMN capture.gaps.began_at IS 'When the last frame before the gap was received.';
COMMENT ON COLUMN capture.gaps.ended_at IS 'When the last of its books had a new snapshot, or its trades had been fetched; null until then.';
COMMENT ON COLUMN capture.gaps.repair IS 'snapshot or rest; null while nothing has repaired it, and for other channels.';
CREATE TABLE capture.heartbeat (
    only_row boolean DEFAULT true NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    status jsonb NOT NULL,
    CONSTRAINT heartbeat_only_row_check CHECK (only_row)
);
COMMENT ON TABLE capture.heartbeat IS 'Written each second by a running gatherer: that it lives, and how it is.';
COMMENT ON COLUMN capture.heartbeat.beat_at IS 'When the gatherer last said so, by its own clock.';
COMMENT ON COLUMN capture.heartbeat.status IS 'What gatherer status shows.';
CREATE TABLE capture.index_values (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    source_ts timestamp with time zone NOT NULL,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    index_id text NOT NULL COLLATE pg_catalog."C",
    published_at timestamp with time zone NOT NULL,
    value numeric NOT NULL,
    average_60s numeric,
    average_15min numeric,
    payload jsonb NOT NULL
);
COMMENT ON TABLE capture.index_values IS 'Values of indices as this gatherer received them, append-only.';
COMMENT ON COLUMN capture.index_values.source_ts IS 'The time inside the upstream frame; the exchange''s own where that has none.';
COMMENT ON COLUMN capture.index_values.frame_number IS 'The frame''s number in the frame log.';
COMMENT ON COLUMN capture.index_values.index_id IS 'BRTI, ETHUSD_RTI, …';
COMMENT ON COLUMN capture.index_values.published_at IS 'When the exchange received the value.';
COMMENT ON COLUMN capture.index_values.value IS 'Dollars, exactly as sent.';
COMMENT ON COLUMN capture.index_values.average_60s IS 'Dollars; null where not sent.';
COMMENT ON COLUMN capture.index_values.average_15min IS 'Dollars; sent in the last minute of a quarter of an hour only.';
COMMENT ON COLUMN capture.index_values.payload IS 'The whole message body.';
CREATE TABLE capture.instance (
    only_row boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    system_identifier bigint,
    timeline integer,
    CONSTRAINT instance_only_row_check CHECK (only_row)
);
COMMENT ON TABLE capture.instance IS 'The identity of this database, made with it.';
COMMENT ON COLUMN capture.instance.epoch IS 'Cursors belong to one epoch; a rebuilt database is read from its beginning.';
COMMENT ON COLUMN capture.instance.system_identifier IS 'The cluster this epoch was lived in; null until a gatherer has looked.';
COMMENT ON COLUMN capture.instance.timeline IS 'The timeline of the cluster in this epoch: a restore to a point in time, or a promotion, begins another.';
CREATE TABLE capture.lifecycle_events (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    connection_id bigint,
    sid integer,
    seq bigint,
    subject_ticker text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    payload jsonb NOT NULL,
    frame_number bigint,
    occurrence integer DEFAULT 0 NOT NULL
);
COMMENT ON TABLE capture.lifecycle_events IS 'What became of markets and events, as this gatherer received it.';
COMMENT ON COLUMN capture.lifecycle_events.subject_ticker IS 'The market''s ticker, or the event''s where the message is about one.';
COMMENT ON COLUMN capture.lifecycle_events.kind IS 'event_type of a market''s message, else the type of the message.';
COMMENT ON COLUMN capture.lifecycle_events.payload IS 'The whole message body.';
COMMENT ON COLUMN capture.lifecycle_events.frame_number IS 'The frame''s number in the frame log.';
COMMENT ON COLUMN capture.lifecycle_events.occurrence IS 'How many equal messages came before on the connection, each within 5 s of the next.';
CREATE TABLE capture.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE capture.orderbook_deltas (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    exchange_ts timestamp with time zone NOT NULL,
    connection_id bigint,
    sid integer,
    seq bigint,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    clock bigint NOT NULL,
    side text NOT NULL,
    price numeric NOT NULL,
    size_delta numeric NOT NULL,
    occurrence integer NOT NULL,
    frame_number bigint,
    CONSTRAINT orderbook_deltas_side_check CHECK ((side = ANY (ARRAY['yes'::text, 'no'::text])))
);
COMMENT ON TABLE capture.orderbook_deltas IS 'Changes of order-book levels as this gatherer received them, append-only.';
COMMENT ON COLUMN capture.orderbook_deltas.exchange_ts IS 'The matching engine''s time: ts with all its digits where it agrees with ts_ms, else ts_ms.';
COMMENT ON COLUMN capture.orderbook_deltas.clock IS 'The exchange''s logical clock, 0 where the message has none.';
COMMENT ON COLUMN capture.orderbook_deltas.side IS 'The ladder of bids that changed.';
COMMENT ON COLUMN capture.orderbook_deltas.price IS 'Dollars, on the scale of its own side, exactly as sent.';
COMMENT ON COLUMN capture.orderbook_deltas.size_delta IS 'Change of the resting contracts, exactly as sent.';
COMMENT ON COLUMN capture.orderbook_deltas.occurrence IS 'How many deltas equal to this one came before it on its connection, so that equal changes stay as many as they were.';
COMMENT ON COLUMN capture.orderbook_deltas.frame_number IS 'The frame''s number in the frame log.';
CREATE TABLE capture.orderbook_snapshots (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    connection_id bigint,
    sid integer,
    seq bigint,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    market_id text NOT NULL,
    clock bigint NOT NULL,
    yes_prices numeric[] NOT NULL,
    yes_sizes numeric[] NOT NULL,
    no_prices numeric[] NOT NULL,
    no_sizes numeric[] NOT NULL,
    occurrence integer NOT NULL,
    frame_number bigint,
    CONSTRAINT orderbook_snapshots_check CHECK ((cardinality(yes_prices) = cardinality(yes_sizes))),
    CONSTRAINT orderbook_snapshots_check1 CHECK ((cardinality(no_prices) = cardinality(no_sizes)))
);
COMMENT ON TABLE capture.orderbook_snapshots IS 'Whole order books as this gatherer received them, append-only.';
COMMENT ON COLUMN capture.orderbook_snapshots.market_id IS 'Empty where the exchange does not know the market.';
COMMENT ON COLUMN capture.orderbook_snapshots.clock IS 'The newest change contained; 0 where the market never changed or the message has no clock.';
COMMENT ON COLUMN capture.orderbook_snapshots.yes_prices IS 'Dollars of the YES bids in the order sent; empty for none.';
COMMENT ON COLUMN capture.orderbook_snapshots.yes_sizes IS 'Contracts at the price of the same position.';
COMMENT ON COLUMN capture.orderbook_snapshots.occurrence IS '0 with a clock; without one 1 and how many equal snapshots came before on the connection.';
COMMENT ON COLUMN capture.orderbook_snapshots.frame_number IS 'The frame''s number in the frame log.';
CREATE TABLE capture.quarantine (
    quarantine_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    frame bytea NOT NULL,
    frame_bytes integer NOT NULL,
    frame_sha256 bytea NOT NULL,
    frame_number bigint
);
COMMENT ON TABLE capture.quarantine IS 'Frames that could not be understood or stored, kept verbatim with the reason.';
COMMENT ON COLUMN capture.quarantine.frame IS 'The frame as received; its beginning where it is longer than the limit.';
COMMENT ON COLUMN capture.quarantine.frame_bytes IS 'The length of the whole frame.';
COMMENT ON COLUMN capture.quarantine.frame_sha256 IS 'The digest of the whole frame.';
COMMENT ON COLUMN capture.quarantine.frame_number IS 'The frame''s number in the frame log.';
ALTER TABLE capture.quarantine ALTER COLUMN quarantine_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME capture.quarantine_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE capture.subscriptions (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    channel text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason text
);
COMMENT ON TABLE capture.subscriptions IS 'When which market was covered on which connection: everything published then was received, or stands in gaps.';
COMMENT ON COLUMN capture.subscriptions.ingest_xid IS 'The transaction that wrote or last changed the row.';
COMMENT ON COLUMN capture.subscriptions.channel IS 'The exchange''s channel: orderbook_delta, ticker, trade, market_lifecycle_v2, …';
COMMENT ON COLUMN capture.subscriptions.market_ticker IS 'Empty for a channel of all markets.';
COMMENT ON COLUMN capture.subscriptions.began_at IS 'An order book is covered from its snapshot on, a channel from its acknowledgement.';
COMMENT ON COLUMN capture.subscriptions.ended_at IS 'The last frame before a gap or the end; null while covered. A gap ends it; the next snapshot begins a new row.';
COMMENT ON COLUMN capture.subscriptions.end_reason IS 'gap, closed, stopped, crashed, dropped, or the exchange''s error.';
CREATE TABLE capture.tickers (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    exchange_ts timestamp with time zone NOT NULL,
    connection_id bigint,
    sid integer,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
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
    frame_number bigint
);
COMMENT ON TABLE capture.tickers IS 'Market summaries as this gatherer received them; the channel may leave states out.';
COMMENT ON COLUMN capture.tickers.last_price IS 'Dollars of the last trade, 0 if there was none; null where not sent.';
COMMENT ON COLUMN capture.tickers.yes_bid IS 'Dollars of the best YES bid, 0 for an empty side.';
COMMENT ON COLUMN capture.tickers.volume IS 'Contracts traded since the market opened.';
COMMENT ON COLUMN capture.tickers.dollar_volume IS 'Whole dollars.';
COMMENT ON COLUMN capture.tickers.frame_number IS 'The frame''s number in the frame log.';
CREATE TABLE capture.trades (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    exchange_ts timestamp with time zone NOT NULL,
    connection_id bigint,
    sid integer,
    seq bigint,
    trade_id text NOT NULL COLLATE pg_catalog."C",
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    yes_price numeric NOT NULL,
    no_price numeric NOT NULL,
    size numeric NOT NULL,
    taker_side text NOT NULL,
    is_block_trade boolean,
    frame_number bigint,
    CONSTRAINT trades_taker_side_check CHECK ((taker_side = ANY (ARRAY['yes'::text, 'no'::text])))
);
COMMENT ON TABLE capture.trades IS 'Trades as this gatherer received them, append-only; the same trade may stand here twice.';
COMMENT ON COLUMN capture.trades.ingest_xid IS 'The transaction that wrote the row; readers take whole transactions.';
COMMENT ON COLUMN capture.trades.received_at IS 'When the frame left the socket, by this host''s clock.';
COMMENT ON COLUMN capture.trades.sent_at IS 'The exchange''s sending_ts_ms, where the message has one.';
COMMENT ON COLUMN capture.trades.exchange_ts IS 'When the matching engine traded: ts_ms, or ts in seconds in older messages.';
COMMENT ON COLUMN capture.trades.yes_price IS 'Dollars, exactly as sent.';
COMMENT ON COLUMN capture.trades.size IS 'Contracts, exactly as sent.';
COMMENT ON COLUMN capture.trades.taker_side IS 'What the taker bought: yes or no.';
COMMENT ON COLUMN capture.trades.is_block_trade IS 'Null where the message does not say.';
COMMENT ON COLUMN capture.trades.frame_number IS 'The frame''s number in the frame log; null for a trade from REST.';
CREATE VIEW sync.connections_v1 AS
 SELECT ingest_xid,
    connection_id,
    name,
    url,
    use_yes_price,
    opened_at,
    closed_at,
    close_reason,
    frames_received
   FROM capture.connections
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.connections_v1 IS 'Connections; read on from ingest_xid.';
CREATE VIEW sync.gaps_v1 AS
 SELECT ingest_xid,
    frame_number,
    connection_id,
    sid,
    channel,
    seq_expected,
    seq_received,
    began_at,
    detected_at,
    ended_at,
    repair
   FROM capture.gaps
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.gaps_v1 IS 'Gaps; read on from ingest_xid.';
CREATE VIEW sync.heartbeat_v1 AS
 SELECT beat_at,
    status
   FROM capture.heartbeat;
COMMENT ON VIEW sync.heartbeat_v1 IS 'The gatherer''s last sign of life.';
CREATE VIEW sync.index_values_v1 AS
 SELECT ingest_xid,
    received_at,
    source_ts,
    index_id,
    published_at,
    value,
    average_60s,
    average_15min,
    payload
   FROM capture.index_values
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.index_values_v1 IS 'Values of indices; read on from ingest_xid.';
CREATE VIEW sync.instance_v1 AS
 SELECT epoch,
    created_at
   FROM capture.instance;
COMMENT ON VIEW sync.instance_v1 IS 'One row: the epoch that positions in this database belong to.';
CREATE VIEW sync.lifecycle_events_v1 AS
 SELECT ingest_xid,
    received_at,
    COALESCE(sent_at, received_at) AS seen_at,
    subject_ticker,
    kind,
    payload,
    sha256(convert_to((payload)::text, 'UTF8'::name)) AS payload_sha256,
    occurrence
   FROM capture.lifecycle_events
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.lifecycle_events_v1 IS 'Lifecycle events; read on from ingest_xid.';
CREATE VIEW sync.orderbook_deltas_v1 AS
 SELECT ingest_xid,
    received_at,
    exchange_ts,
    market_ticker,
    clock,
    side,
    price,
    size_delta,
    occurrence
   FROM capture.orderbook_deltas
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.orderbook_deltas_v1 IS 'Order-book deltas; read on from ingest_xid.';
CREATE VIEW sync.orderbook_snapshots_v1 AS
 SELECT ingest_xid,
    received_at,
    market_ticker,
    market_id,
    clock,
    yes_prices,
    yes_sizes,
    no_prices,
    no_sizes,
    occurrence,
    sha256(convert_to(concat_ws('|'::text, (yes_prices)::text, (yes_sizes)::text, (no_prices)::text, (no_sizes)::text), 'UTF8'::name)) AS levels_sha256
   FROM capture.orderbook_snapshots
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.orderbook_snapshots_v1 IS 'Order-book snapshots; read on from ingest_xid.';
CREATE VIEW sync.subscriptions_v1 AS
 SELECT ingest_xid,
    connection_id,
    sid,
    channel,
    market_ticker,
    began_at,
    ended_at,
    end_reason
   FROM capture.subscriptions
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.subscriptions_v1 IS 'Coverage; read on from ingest_xid.';
CREATE VIEW sync.tickers_v1 AS
 SELECT ingest_xid,
    received_at,
    exchange_ts,
    market_ticker,
    market_id,
    last_price,
    yes_bid,
    yes_ask,
    yes_bid_size,
    yes_ask_size,
    last_trade_size,
    volume,
    open_interest,
    dollar_volume,
    dollar_open_interest,
    sha256(convert_to((ROW(last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest))::text, 'UTF8'::name)) AS values_sha256
   FROM capture.tickers
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.tickers_v1 IS 'Market summaries; read on from ingest_xid.';
CREATE VIEW sync.trades_v1 AS
 SELECT ingest_xid,
    received_at,
    exchange_ts,
    trade_id,
    market_ticker,
    yes_price,
    no_price,
    size,
    taker_side,
    is_block_trade
   FROM capture.trades
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.trades_v1 IS 'Trades; read on from ingest_xid.';
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
ALTER TABLE ONLY capture.acknowledgements
    ADD CONSTRAINT acknowledgements_pkey PRIMARY KEY (stream);
ALTER TABLE ONLY capture.backfills
    ADD CONSTRAINT backfills_pkey PRIMARY KEY (range_from, range_to, market_ticker);
ALTER TABLE ONLY capture.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (connection_id);
ALTER TABLE ONLY capture.flush_position
    ADD CONSTRAINT flush_position_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY capture.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (frame_number);
ALTER TABLE ONLY capture.heartbeat
    ADD CONSTRAINT heartbeat_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY capture.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY capture.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY capture.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id);
ALTER TABLE ONLY capture.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (connection_id, sid, market_ticker, began_at);
ALTER TABLE ONLY timeseries.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (target);
CREATE INDEX connections_ingest_xid_idx ON capture.connections USING btree (ingest_xid);
CREATE INDEX gaps_ingest_xid_idx ON capture.gaps USING btree (ingest_xid);
CREATE INDEX index_values_ingest_xid_idx ON capture.index_values USING btree (ingest_xid);
CREATE INDEX lifecycle_events_ingest_xid_idx ON capture.lifecycle_events USING btree (ingest_xid);
CREATE INDEX orderbook_deltas_ingest_xid_idx ON capture.orderbook_deltas USING btree (ingest_xid);
CREATE INDEX orderbook_snapshots_ingest_xid_idx ON capture.orderbook_snapshots USING btree (ingest_xid);
CREATE INDEX subscriptions_ingest_xid_idx ON capture.subscriptions USING btree (ingest_xid);
CREATE INDEX tickers_ingest_xid_idx ON capture.tickers USING btree (ingest_xid);
CREATE INDEX trades_ingest_xid_idx ON capture.trades USING btree (ingest_xid);
CREATE INDEX trades_market_ticker_exchange_ts_idx ON capture.trades USING btree (market_ticker, exchange_ts);
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON capture.index_values FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON capture.lifecycle_events FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON capture.orderbook_deltas FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON capture.orderbook_snapshots FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON capture.tickers FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON capture.trades FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
GRANT USAGE ON SCHEMA sync TO dedup_reader;
REVOKE ALL ON FUNCTION sync.acknowledge(stream text, ingest_xid xid8) FROM PUBLIC;
GRANT ALL ON FUNCTION sync.acknowledge(stream text, ingest_xid xid8) TO dedup_reader;
REVOKE ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) FROM PUBLIC;
GRANT ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) TO dedup_reader;
REVOKE ALL ON FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange, partitions_max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT SELECT ON TABLE sync.connections_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.gaps_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.heartbeat_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.index_values_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.instance_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.lifecycle_events_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.orderbook_deltas_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.orderbook_snapshots_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.subscriptions_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.tickers_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.trades_v1 TO dedup_reader;
