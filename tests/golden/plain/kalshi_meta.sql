CREATE SCHEMA registry;
CREATE SCHEMA sync;
CREATE FUNCTION registry.without_quotes(body jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (body - ARRAY['yes_bid_dollars'::text, 'yes_ask_dollars'::text, 'no_bid_dollars'::text, 'no_ask_dollars'::text, 'last_price_dollars'::text, 'previous_yes_bid_dollars'::text, 'previous_yes_ask_dollars'::text, 'previous_price_dollars'::text, 'yes_bid_size_fp'::text, 'yes_ask_size_fp'::text, 'volume_fp'::text, 'volume_24h_fp'::text, 'open_interest_fp'::text, 'liquidity_dollars'::text]);
COMMENT ON FUNCTION registry.without_quotes(body jsonb) IS 'A market''s body without quotes and volumes, which change without the market changing.';
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
    from unnest('{fetched_at}'::name[]) with ordinality as t (attname, place)
    inner join pg_attribute as a on t.attname = a.attname
    where a.attrelid = format('registry.%I', stream)::regclass
    order by t.place
    limit 1;
    execute format(
        $query$
            select count(*), min(%1$I), count(*) filter (where ingest_xid >= $2)
            from (
                select s.%1$I, s.ingest_xid from registry.%2$I as s
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
CREATE TABLE registry.instance (
    only_row boolean DEFAULT true NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    system_identifier bigint,
    timeline integer,
    CONSTRAINT instance_only_row_check CHECK (only_row)
);
COMMENT ON TABLE registry.instance IS 'The identity of this database, made with it.';
COMMENT ON COLUMN registry.instance.epoch IS 'Cursors belong to one epoch; a rebuilt database is read from its beginning.';
COMMENT ON COLUMN registry.instance.system_identifier IS 'The cluster this epoch was lived in; null until a gatherer has looked.';
COMMENT ON COLUMN registry.instance.timeline IS 'The timeline of the cluster in this epoch: a restore to a point in time, or a promotion, begins another.';
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
CREATE VIEW sync.instance_v1 AS
 SELECT epoch,
    created_at
   FROM registry.instance;
COMMENT ON VIEW sync.instance_v1 IS 'One row: the epoch that positions in this database belong to.';
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
ALTER TABLE ONLY registry.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (only_row);
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
REVOKE ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) FROM PUBLIC;
GRANT ALL ON FUNCTION sync.lag(stream text, after xid8, OUT rows_waiting bigint, OUT waiting_since timestamp with time zone, OUT rows_held bigint, OUT cause text) TO dedup_reader;
GRANT SELECT ON TABLE sync.events_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.events_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.instance_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.markets_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_history_v1 TO dedup_reader;
GRANT SELECT ON TABLE sync.series_v1 TO dedup_reader;
