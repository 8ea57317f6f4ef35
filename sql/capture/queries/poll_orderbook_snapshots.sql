-- Send the order-book snapshots that follow a position, whole transactions, in the columns of the stage table.
-- Parameters: gatherer_id smallint, after xid8, rows_max integer (the last transaction may exceed it)
-- Reads: sync.orderbook_snapshots_v1
-- Returns: rows in PostgreSQL's binary COPY format
copy (
    select
        ingest_xid,
        %(gatherer_id)s::smallint as gatherer_id,
        received_at,
        market_ticker,
        market_id,
        clock,
        levels_sha256,
        occurrence,
        yes_prices,
        yes_sizes,
        no_prices,
        no_sizes
    from sync.orderbook_snapshots_v1
    where ingest_xid > %(after)s::xid8
    order by ingest_xid
    fetch first %(rows_max)s rows with ties
) to stdout (format "binary");
