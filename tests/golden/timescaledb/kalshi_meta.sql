CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public;
COMMENT ON EXTENSION timescaledb IS 'Enables scalable inserts and complex queries for time-series data (Apache 2 Edition)';
CREATE SCHEMA registry;
CREATE SCHEMA sync;
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
CREATE VIEW sync.events_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
   FROM registry.events
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.events_v1 IS 'The newest known body of each of the exchange''s events; read on from ingest_xid.';
CREATE VIEW sync.markets_v1 AS
 SELECT ingest_xid,
    ticker,
    updated_time,
    body,
    fetched_at
   FROM registry.markets
  WHERE (ingest_xid < ( SELECT pg_snapshot_xmin(pg_current_snapshot()) AS pg_snapshot_xmin));
COMMENT ON VIEW sync.markets_v1 IS 'The newest known body of each of the exchange''s markets; read on from ingest_xid.';
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
CREATE INDEX events_ingest_xid_idx ON registry.events USING btree (ingest_xid);
CREATE INDEX markets_ingest_xid_idx ON registry.markets USING btree (ingest_xid);
CREATE INDEX series_ingest_xid_idx ON registry.series USING btree (ingest_xid);
GRANT USAGE ON SCHEMA sync TO dedup_reader;
GRANT SELECT ON TABLE sync.events_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_v1 TO dedup_reader;
