CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public;
COMMENT ON EXTENSION timescaledb IS 'Enables scalable inserts and complex queries for time-series data (Apache 2 Edition)';
CREATE SCHEMA market_data;
CREATE SCHEMA ops;
CREATE SCHEMA timeseries;
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
CREATE TABLE market_data.lifecycle_events (
    seen_at timestamp with time zone NOT NULL,
    subject_ticker text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    payload_sha256 bytea NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL
);
COMMENT ON TABLE market_data.lifecycle_events IS 'What became of markets and events, each message once.';
COMMENT ON COLUMN market_data.lifecycle_events.seen_at IS 'When the exchange sent it; when it was received where the message does not say.';
COMMENT ON COLUMN market_data.lifecycle_events.subject_ticker IS 'The market''s ticker, or the event''s where the message is about one.';
COMMENT ON COLUMN market_data.lifecycle_events.kind IS 'created, activated, deactivated, close_date_updated, determined, settled, ...';
COMMENT ON COLUMN market_data.lifecycle_events.payload_sha256 IS 'Digest of the message body.';
COMMENT ON COLUMN market_data.lifecycle_events.payload IS 'The whole message body.';
COMMENT ON COLUMN market_data.lifecycle_events.received_at IS 'When the gatherer that brought it received it.';
COMMENT ON COLUMN market_data.lifecycle_events.gatherer_id IS 'The gatherer that brought it.';
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
);
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
);
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
);
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
);
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
    frames_received bigint
);
COMMENT ON TABLE ops.connections IS 'The gatherers'' connections to the exchange, in their last known state.';
COMMENT ON COLUMN ops.connections.closed_at IS 'Null while open.';
CREATE TABLE ops.cursors (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    stream text NOT NULL,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL,
    rows_polled bigint DEFAULT 0 NOT NULL,
    rows_new bigint DEFAULT 0 NOT NULL,
    rows_duplicate bigint DEFAULT 0 NOT NULL,
    rows_rejected bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE ops.cursors IS 'How far each stream of each gatherer has been merged; moves in the transaction that merges.';
COMMENT ON COLUMN ops.cursors.epoch IS 'The identity of the gatherer''s database; a rebuilt one is read from its beginning.';
COMMENT ON COLUMN ops.cursors.ingest_xid IS 'The last transaction of the gatherer that is merged.';
COMMENT ON COLUMN ops.cursors.rows_new IS 'Rows this gatherer was the first to bring.';
COMMENT ON COLUMN ops.cursors.rows_duplicate IS 'Rows that production held already.';
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
    repair text
);
COMMENT ON TABLE ops.gaps IS 'What each gatherer knows it missed on one connection; another may have received it.';
COMMENT ON COLUMN ops.gaps.began_at IS 'When the last frame before the gap was received.';
COMMENT ON COLUMN ops.gaps.ended_at IS 'When this gatherer repaired it; null until then.';
COMMENT ON COLUMN ops.gaps.repair IS 'snapshot or rest; null while nothing has repaired it.';
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
    end_reason text
);
COMMENT ON TABLE ops.subscriptions IS 'When which gatherer covered which market: every message published then was received by it.';
COMMENT ON COLUMN ops.subscriptions.market_ticker IS 'Empty for a channel of all markets.';
COMMENT ON COLUMN ops.subscriptions.ended_at IS 'Null while covered, which holds until the gatherer''s last heartbeat.';
COMMENT ON COLUMN ops.subscriptions.end_reason IS 'gap, closed, stopped, crashed, dropped, or the exchange''s error.';
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
ALTER TABLE ONLY market_data.lifecycle_events
    ADD CONSTRAINT lifecycle_events_seen_at_subject_ticker_kind_payload_sha256_key UNIQUE (seen_at, subject_ticker, kind, payload_sha256);
ALTER TABLE ONLY market_data.orderbook_deltas
    ADD CONSTRAINT orderbook_deltas_exchange_ts_market_ticker_clock_side_price_key UNIQUE (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence);
ALTER TABLE ONLY market_data.orderbook_snapshots
    ADD CONSTRAINT orderbook_snapshots_received_at_market_ticker_clock_levels__key UNIQUE (received_at, market_ticker, clock, levels_sha256, occurrence);
ALTER TABLE ONLY market_data.tickers
    ADD CONSTRAINT tickers_exchange_ts_market_ticker_values_sha256_key UNIQUE (exchange_ts, market_ticker, values_sha256);
ALTER TABLE ONLY market_data.trades
    ADD CONSTRAINT trades_exchange_ts_trade_id_key UNIQUE (exchange_ts, trade_id);
ALTER TABLE ONLY ops.archive_partitions
    ADD CONSTRAINT archive_partitions_pkey PRIMARY KEY (stream, hour);
ALTER TABLE ONLY ops.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (gatherer_id, epoch, connection_id);
ALTER TABLE ONLY ops.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (gatherer_id, epoch, stream);
ALTER TABLE ONLY ops.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (gatherer_id, epoch, frame_number);
ALTER TABLE ONLY ops.heartbeats
    ADD CONSTRAINT heartbeats_pkey PRIMARY KEY (gatherer_id);
ALTER TABLE ONLY ops.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY ops.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (gatherer_id, epoch, connection_id, sid, market_ticker, began_at);
ALTER TABLE ONLY timeseries.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (target);
CREATE INDEX lifecycle_events_subject_ticker_seen_at_idx ON market_data.lifecycle_events USING btree (subject_ticker, seen_at);
CREATE INDEX orderbook_deltas_market_ticker_exchange_ts_idx ON market_data.orderbook_deltas USING btree (market_ticker, exchange_ts);
CREATE INDEX orderbook_snapshots_market_ticker_received_at_idx ON market_data.orderbook_snapshots USING btree (market_ticker, received_at);
CREATE INDEX tickers_market_ticker_exchange_ts_idx ON market_data.tickers USING btree (market_ticker, exchange_ts);
CREATE INDEX trades_market_ticker_exchange_ts_idx ON market_data.trades USING btree (market_ticker, exchange_ts);
CREATE INDEX gaps_began_at_idx ON ops.gaps USING btree (began_at);
CREATE INDEX subscriptions_market_ticker_channel_began_at_idx ON ops.subscriptions USING btree (market_ticker, channel, began_at);
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON market_data.lifecycle_events FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON market_data.orderbook_deltas FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON market_data.orderbook_snapshots FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON market_data.tickers FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
CREATE TRIGGER ts_insert_blocker BEFORE INSERT ON market_data.trades FOR EACH ROW EXECUTE FUNCTION _timescaledb_functions.insert_blocker();
GRANT USAGE ON SCHEMA market_data TO deduplicator;
GRANT USAGE ON SCHEMA market_data TO reader;
GRANT USAGE ON SCHEMA ops TO deduplicator;
GRANT USAGE ON SCHEMA timeseries TO deduplicator;
REVOKE ALL ON FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange, partitions_max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) TO deduplicator;
GRANT SELECT,INSERT ON TABLE market_data.lifecycle_events TO deduplicator;
GRANT SELECT ON TABLE market_data.lifecycle_events TO reader;
GRANT SELECT,INSERT ON TABLE market_data.orderbook_deltas TO deduplicator;
GRANT SELECT ON TABLE market_data.orderbook_deltas TO reader;
GRANT SELECT,INSERT ON TABLE market_data.orderbook_snapshots TO deduplicator;
GRANT SELECT ON TABLE market_data.orderbook_snapshots TO reader;
GRANT SELECT,INSERT ON TABLE market_data.tickers TO deduplicator;
GRANT SELECT ON TABLE market_data.tickers TO reader;
GRANT SELECT,INSERT ON TABLE market_data.trades TO deduplicator;
GRANT SELECT ON TABLE market_data.trades TO reader;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.connections TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.cursors TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.gaps TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.heartbeats TO deduplicator;
GRANT SELECT ON TABLE ops.migration TO deduplicator;
GRANT SELECT,INSERT ON TABLE ops.rejected_rows TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.subscriptions TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO deduplicator;
GRANT SELECT ON TABLE timeseries.series TO deduplicator;
