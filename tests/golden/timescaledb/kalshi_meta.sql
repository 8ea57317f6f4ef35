CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public;
COMMENT ON EXTENSION timescaledb IS 'Enables scalable inserts and complex queries for time-series data (Apache 2 Edition)';
CREATE SCHEMA registry;
CREATE SCHEMA sync;
CREATE FUNCTION registry.without_quotes(body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (body - ARRAY['yes_bid_dollars'::text, 'yes_ask_dollars'::text, 'no_bid_dollars'::text, 'no_ask_dollars'::text, 'last_price_dollars'::text, 'previous_yes_bid_dollars'::text, 'previous_yes_ask_dollars'::text, 'previous_price_dollars'::text, 'yes_bid_size_fp'::text, 'yes_ask_size_fp'::text, 'volume_fp'::text, 'volume_24h_fp'::text, 'open_interest_fp'::text, 'liquidity_dollars'::text]);
COMMENT ON FUNCTION registry.without_quotes(body jsonb) IS 'A market''s body without quotes and volumes, which change without the market changing.';
CREATE TABLE registry.events (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE registry.events IS 'The newest known body of each of the exchange''s events.';
COMMENT ON COLUMN registry.events.updated_time IS 'The exchange''s time of the last change; null where the body has none.';
COMMENT ON COLUMN registry.events.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN registry.events.ingest_xid IS 'The transaction that last changed the row; readers take whole transactions.';
CREATE TABLE registry.events_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
COMMENT ON TABLE registry.events_history IS 'Every body that a newer one replaced in registry.events, once; together they are all that was ever known.';
COMMENT ON COLUMN registry.events_history.updated_time IS 'The exchange''s time of the change that made this body; null where the body has none.';
COMMENT ON COLUMN registry.events_history.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN registry.events_history.fetched_at IS 'When this body was first received.';
COMMENT ON COLUMN registry.events_history.replaced_at IS 'When a newer body took its place.';
COMMENT ON COLUMN registry.events_history.ingest_xid IS 'The transaction that wrote the row; readers take whole transactions.';
CREATE TABLE registry.markets (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE registry.markets IS 'The newest known body of each of the exchange''s markets.';
COMMENT ON COLUMN registry.markets.updated_time IS 'The exchange''s time of the last change; null where the body has none.';
COMMENT ON COLUMN registry.markets.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN registry.markets.ingest_xid IS 'The transaction that last changed the row; readers take whole transactions.';
CREATE TABLE registry.markets_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
COMMENT ON TABLE registry.markets_history IS 'Every body that a newer one replaced in registry.markets, once; together they are all that was ever known.';
COMMENT ON COLUMN registry.markets_history.updated_time IS 'The exchange''s time of the change that made this body; null where the body has none.';
COMMENT ON COLUMN registry.markets_history.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN registry.markets_history.fetched_at IS 'When this body was first received.';
COMMENT ON COLUMN registry.markets_history.replaced_at IS 'When a newer body took its place.';
COMMENT ON COLUMN registry.markets_history.ingest_xid IS 'The transaction that wrote the row; readers take whole transactions.';
CREATE TABLE registry.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE registry.series (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE registry.series IS 'The newest known body of each of the exchange''s series.';
COMMENT ON COLUMN registry.series.updated_time IS 'The exchange''s time of the last change; null where the body has none.';
COMMENT ON COLUMN registry.series.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN registry.series.ingest_xid IS 'The transaction that last changed the row; readers take whole transactions.';
CREATE TABLE registry.series_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    body jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone DEFAULT now() NOT NULL,
    ingest_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);
COMMENT ON TABLE registry.series_history IS 'Every body that a newer one replaced in registry.series, once; together they are all that was ever known.';
COMMENT ON COLUMN registry.series_history.updated_time IS 'The exchange''s time of the change that made this body; null where the body has none.';
COMMENT ON COLUMN registry.series_history.body IS 'The object as the exchange sent it.';
COMMENT ON COLUMN registry.series_history.fetched_at IS 'When this body was first received.';
COMMENT ON COLUMN registry.series_history.replaced_at IS 'When a newer body took its place.';
COMMENT ON COLUMN registry.series_history.ingest_xid IS 'The transaction that wrote the row; readers take whole transactions.';
CREATE VIEW sync.events_history_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at,
    replaced_at
   FROM registry.events_history
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.events_history_v1 IS 'Replaced bodies of the exchange''s events; read on from ingest_xid.';
CREATE VIEW sync.events_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
   FROM registry.events
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.events_v1 IS 'The newest known body of each of the exchange''s events; read on from ingest_xid.';
CREATE VIEW sync.markets_history_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at,
    replaced_at
   FROM registry.markets_history
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.markets_history_v1 IS 'Replaced bodies of the exchange''s markets; read on from ingest_xid.';
CREATE VIEW sync.markets_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
   FROM registry.markets
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.markets_v1 IS 'The newest known body of each of the exchange''s markets; read on from ingest_xid.';
CREATE VIEW sync.series_history_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at,
    replaced_at
   FROM registry.series_history
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.series_history_v1 IS 'Replaced bodies of the exchange''s series; read on from ingest_xid.';
CREATE VIEW sync.series_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
   FROM registry.series
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.series_v1 IS 'The newest known body of each of the exchange''s series; read on from ingest_xid.';
ALTER TABLE ONLY registry.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY registry.markets
    ADD CONSTRAINT markets_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY registry.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY registry.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (ticker);
CREATE INDEX events_history_ingest_xid_idx ON registry.events_history USING btree (ingest_xid);
CREATE INDEX events_history_ticker_replaced_at_idx ON registry.events_history USING btree (ticker, replaced_at);
CREATE INDEX events_ingest_xid_idx ON registry.events USING btree (ingest_xid);
CREATE INDEX markets_history_ingest_xid_idx ON registry.markets_history USING btree (ingest_xid);
CREATE INDEX markets_history_ticker_replaced_at_idx ON registry.markets_history USING btree (ticker, replaced_at);
CREATE INDEX markets_ingest_xid_idx ON registry.markets USING btree (ingest_xid);
CREATE INDEX series_history_ingest_xid_idx ON registry.series_history USING btree (ingest_xid);
CREATE INDEX series_history_ticker_replaced_at_idx ON registry.series_history USING btree (ticker, replaced_at);
CREATE INDEX series_ingest_xid_idx ON registry.series USING btree (ingest_xid);
GRANT USAGE ON SCHEMA sync TO dedup_reader;
REVOKE ALL ON FUNCTION registry.without_quotes(body jsonb) FROM PUBLIC;
GRANT SELECT ON TABLE sync.events_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.events_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_v1 TO dedup_reader;
