CREATE SCHEMA registry;
CREATE SCHEMA sync;
CREATE FUNCTION registry.sent_time(sent text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION registry.updated_time(sent text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION registry.without_quotes(body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE TABLE registry.events (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE registry.events_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
CREATE TABLE registry.exchange_status (
    kind text NOT NULL,
    body_sha256 bytea NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    exchange_index integer,
    exchange_active boolean,
    trading_active boolean,
    resumes_at timestamp with time zone,
    begins_at timestamp with time zone,
    ends_at timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
CREATE TABLE registry.instance (
    only_row boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    system_identifier bigint,
    timeline integer,
    CONSTRAINT instance_only_row_check CHECK (only_row)
);
CREATE TABLE registry.markets (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE registry.markets_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
CREATE TABLE registry.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE registry.replayed_file (
    name text NOT NULL,
    sha256 text NOT NULL,
    replayed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE registry.series (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE registry.series_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
CREATE VIEW sync.events_history_v1;
CREATE VIEW sync.events_v1;
CREATE VIEW sync.exchange_status_v1;
CREATE VIEW sync.instance_v1;
CREATE VIEW sync.markets_history_v1;
CREATE VIEW sync.markets_v1;
CREATE VIEW sync.series_history_v1;
CREATE VIEW sync.series_v1;
ALTER TABLE ONLY registry.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY registry.exchange_status
    ADD CONSTRAINT exchange_status_pkey PRIMARY KEY (kind, body_sha256, first_seen_at);
ALTER TABLE ONLY registry.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY registry.markets
    ADD CONSTRAINT markets_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY registry.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY registry.replayed_file
    ADD CONSTRAINT replayed_file_pkey PRIMARY KEY (name);
ALTER TABLE ONLY registry.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (ticker);
CREATE INDEX events_history_ingest_xid_idx ON registry.events_history USING btree (ingest_xid);
CREATE INDEX events_history_replaced_at_idx ON registry.events_history USING btree (replaced_at);
CREATE INDEX events_history_ticker_replaced_at_idx ON registry.events_history USING btree (ticker, replaced_at);
CREATE INDEX events_ingest_xid_idx ON registry.events USING btree (ingest_xid);
CREATE INDEX exchange_status_confirmed_at_idx ON registry.exchange_status USING btree (confirmed_at);
CREATE INDEX exchange_status_ingest_xid_idx ON registry.exchange_status USING btree (ingest_xid);
CREATE INDEX markets_history_ingest_xid_idx ON registry.markets_history USING btree (ingest_xid);
CREATE INDEX markets_history_replaced_at_idx ON registry.markets_history USING btree (replaced_at);
CREATE INDEX markets_history_ticker_replaced_at_idx ON registry.markets_history USING btree (ticker, replaced_at);
CREATE INDEX markets_ingest_xid_idx ON registry.markets USING btree (ingest_xid);
CREATE INDEX series_history_ingest_xid_idx ON registry.series_history USING btree (ingest_xid);
CREATE INDEX series_history_replaced_at_idx ON registry.series_history USING btree (replaced_at);
CREATE INDEX series_history_ticker_replaced_at_idx ON registry.series_history USING btree (ticker, replaced_at);
CREATE INDEX series_ingest_xid_idx ON registry.series USING btree (ingest_xid);
GRANT USAGE ON SCHEMA sync TO dedup_reader;
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
REVOKE ALL ON FUNCTION registry.sent_time(sent text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.updated_time(sent text) FROM PUBLIC;
REVOKE ALL ON FUNCTION registry.without_quotes(body jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) FROM PUBLIC;
GRANT ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) TO dedup_reader;
GRANT SELECT ON TABLE sync.events_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.events_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.exchange_status_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.instance_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_v1 TO dedup_reader;
