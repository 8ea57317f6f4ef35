CREATE SCHEMA capture;
CREATE SCHEMA sync;
CREATE SCHEMA timeseries;
CREATE FUNCTION capture.acknowledged_times(target regclass, older_than timestamp with time zone, newer_than timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '2s';
CREATE FUNCTION capture.frames_held(begins_at timestamp with time zone, ends_at timestamp with time zone) RETURNS TABLE(frame_number bigint)
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION capture.is_acknowledged(target regclass, partition_name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION capture.row_counts() RETURNS TABLE(stream name, counted bigint)
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION sync.acknowledge(stream text, ingest_xid xid8) RETURNS xid8
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange DEFAULT '{(,)}'::tstzmultirange, partitions_max integer DEFAULT 100) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '2s';
CREATE FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION timeseries.list_partitions(target regclass) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO';
CREATE FUNCTION timeseries.make_time_series(target regclass, time_column name, partition_interval interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp';
CREATE TABLE capture.acknowledgements (
    stream text NOT NULL,
    ingest_xid xid8 NOT NULL,
    acknowledged_at timestamp with time zone DEFAULT now() NOT NULL
);
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
CREATE TABLE capture.book_checks (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    frame_number bigint NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    from_seq bigint,
    until_seq bigint,
    from_clock bigint NOT NULL,
    until_clock bigint NOT NULL,
    from_change_at timestamp with time zone,
    until_change_at timestamp with time zone,
    change_count bigint NOT NULL,
    inner_count bigint,
    level_count integer NOT NULL,
    is_equal boolean NOT NULL,
    wrong_level_count integer NOT NULL,
    difference jsonb
);
CREATE TABLE capture.connections (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    connection_id bigint NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    url text NOT NULL,
    use_yes_price boolean NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    close_reason text,
    frames_received bigint
);
CREATE TABLE capture.heartbeat (
    shard smallint DEFAULT 1 NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    status jsonb NOT NULL
);
CREATE VIEW capture.current_shards;
CREATE TABLE capture.flush_position (
    shard smallint DEFAULT 1 NOT NULL,
    frame_number bigint NOT NULL
);
CREATE TABLE capture.gaps (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
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
CREATE VIEW capture.gatherer_status;
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
CREATE TABLE capture.instance (
    only_row boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    system_identifier bigint,
    timeline integer,
    CONSTRAINT instance_only_row_check CHECK (only_row)
);
CREATE TABLE capture.lifecycle_events (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    subject_ticker text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    payload jsonb NOT NULL,
    occurrence integer DEFAULT 0 NOT NULL,
    earlier_at timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL
);
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
    frame_number bigint,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    clock bigint NOT NULL,
    side text NOT NULL,
    price numeric NOT NULL,
    size_delta numeric NOT NULL,
    occurrence integer NOT NULL,
    time_digits smallint,
    ordinal integer,
    ordinal_of_clock integer,
    ordinal_digits smallint,
    burst_began_at timestamp with time zone,
    CONSTRAINT orderbook_deltas_side_check CHECK ((side = ANY (ARRAY['yes'::text, 'no'::text])))
);
CREATE TABLE capture.orderbook_snapshots (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    market_id text NOT NULL,
    clock bigint NOT NULL,
    yes_prices numeric[] NOT NULL,
    yes_sizes numeric[] NOT NULL,
    no_prices numeric[] NOT NULL,
    no_sizes numeric[] NOT NULL,
    occurrence integer NOT NULL,
    last_change_at timestamp with time zone,
    CONSTRAINT orderbook_snapshots_check CHECK ((cardinality(yes_prices) = cardinality(yes_sizes))),
    CONSTRAINT orderbook_snapshots_check1 CHECK ((cardinality(no_prices) = cardinality(no_sizes)))
);
CREATE TABLE capture.quarantine (
    quarantine_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    frame_number bigint,
    received_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    frame bytea NOT NULL,
    frame_bytes integer NOT NULL,
    frame_sha256 bytea NOT NULL
);
ALTER TABLE capture.quarantine ALTER COLUMN quarantine_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME capture.quarantine_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE capture.replayed_file (
    name text NOT NULL,
    sha256 text NOT NULL,
    replayed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE capture.storage_samples (
    sampled_at timestamp with time zone NOT NULL,
    database_bytes bigint NOT NULL,
    kept_bytes bigint NOT NULL
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
CREATE TABLE capture.tickers (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    exchange_ts timestamp with time zone NOT NULL,
    connection_id bigint,
    sid integer,
    frame_number bigint,
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
    time_digits smallint
);
CREATE TABLE capture.trades (
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    exchange_ts timestamp with time zone NOT NULL,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    trade_id text NOT NULL COLLATE pg_catalog."C",
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    yes_price numeric NOT NULL,
    no_price numeric NOT NULL,
    size numeric NOT NULL,
    taker_side text,
    is_block_trade boolean,
    time_digits smallint,
    CONSTRAINT trades_taker_side_check CHECK ((taker_side = ANY (ARRAY['yes'::text, 'no'::text])))
);
CREATE VIEW sync.book_checks_v1;
CREATE VIEW sync.connections_v1;
CREATE VIEW sync.gaps_v1;
CREATE VIEW sync.heartbeat_v1;
CREATE VIEW sync.index_values_v1;
CREATE VIEW sync.instance_v1;
CREATE VIEW sync.lifecycle_events_v1;
CREATE VIEW sync.orderbook_deltas_v1;
CREATE VIEW sync.orderbook_snapshots_v1;
CREATE VIEW sync.subscriptions_v1;
CREATE VIEW sync.tickers_v1;
CREATE VIEW sync.trades_v1;
CREATE TABLE timeseries.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE timeseries.replayed_file (
    name text NOT NULL,
    sha256 text NOT NULL,
    replayed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE timeseries.series (
    target regclass NOT NULL,
    time_column name NOT NULL,
    partition_interval interval NOT NULL,
    CONSTRAINT series_partition_interval_check CHECK ((partition_interval > '00:00:00'::interval))
);
ALTER TABLE ONLY capture.acknowledgements
    ADD CONSTRAINT acknowledgements_pkey PRIMARY KEY (stream);
ALTER TABLE ONLY capture.backfills
    ADD CONSTRAINT backfills_pkey PRIMARY KEY (range_from, range_to, market_ticker);
ALTER TABLE ONLY capture.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (connection_id);
ALTER TABLE ONLY capture.flush_position
    ADD CONSTRAINT flush_position_pkey PRIMARY KEY (shard);
ALTER TABLE ONLY capture.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (frame_number);
ALTER TABLE ONLY capture.heartbeat
    ADD CONSTRAINT heartbeat_pkey PRIMARY KEY (shard);
ALTER TABLE ONLY capture.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY capture.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY capture.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id);
ALTER TABLE ONLY capture.replayed_file
    ADD CONSTRAINT replayed_file_pkey PRIMARY KEY (name);
ALTER TABLE ONLY capture.storage_samples
    ADD CONSTRAINT storage_samples_pkey PRIMARY KEY (sampled_at);
ALTER TABLE ONLY capture.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (connection_id, sid, market_ticker, began_at);
ALTER TABLE ONLY timeseries.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.replayed_file
    ADD CONSTRAINT replayed_file_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (target);
CREATE INDEX book_checks_ingest_xid_idx ON capture.book_checks USING btree (ingest_xid);
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
GRANT USAGE ON SCHEMA capture TO status_page;
GRANT USAGE ON SCHEMA sync TO dedup_reader;
GRANT USAGE ON SCHEMA sync TO status_page;
GRANT USAGE ON SCHEMA timeseries TO status_page;
REVOKE ALL ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_current_xact_id() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) TO gatherer;
REVOKE ALL ON FUNCTION pg_catalog.txid_current() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.txid_current() TO gatherer;
REVOKE ALL ON FUNCTION sync.acknowledge(stream text, ingest_xid xid8) FROM PUBLIC;
GRANT ALL ON FUNCTION sync.acknowledge(stream text, ingest_xid xid8) TO dedup_reader;
REVOKE ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) FROM PUBLIC;
GRANT ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) TO dedup_reader;
REVOKE ALL ON FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange, partitions_max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT SELECT ON TABLE capture.acknowledgements TO status_page;
GRANT SELECT ON TABLE capture.connections TO status_page;
GRANT SELECT ON TABLE capture.gaps TO status_page;
GRANT SELECT ON TABLE capture.quarantine TO status_page;
GRANT SELECT ON TABLE capture.subscriptions TO status_page;
GRANT SELECT ON TABLE sync.book_checks_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.connections_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.gaps_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.heartbeat_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.heartbeat_v1 TO status_page;
GRANT SELECT ON TABLE sync.index_values_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.instance_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.instance_v1 TO status_page;
GRANT SELECT ON TABLE sync.lifecycle_events_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.orderbook_deltas_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.orderbook_snapshots_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.subscriptions_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.tickers_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.trades_v1 TO dedup_reader;
GRANT SELECT ON TABLE timeseries.series TO status_page;
