-- Send when a gatherer committed each change.
-- Parameters: gatherer_id, of this gatherer
-- Reads: capture.orderbook_deltas
-- Returns: rows in PostgreSQL's text COPY format, in the columns of gathered
copy (
    select
        %(gatherer_id)s::smallint as gatherer_id,
        received_at,
        market_ticker,
        exchange_ts,
        clock,
        side,
        price,
        size_delta,
        occurrence,
        pg_xact_commit_timestamp(ingest_xid::xid) as committed_at
    from capture.orderbook_deltas
) to stdout;
