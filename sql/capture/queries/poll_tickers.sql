-- Send the tickers that follow a position, as whole transactions, in the columns of the stage table.
-- Parameters: gatherer_id smallint, after xid8, rows_max integer (the last transaction may exceed it)
-- Reads: sync.tickers_v1
-- Returns: rows in PostgreSQL's binary COPY format
copy (
    select
        ingest_xid,
        %(gatherer_id)s::smallint as gatherer_id,
        exchange_ts,
        received_at,
        market_ticker,
        values_sha256,
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
        dollar_open_interest
    from sync.tickers_v1
    where ingest_xid > %(after)s::xid8
    order by ingest_xid
    fetch first %(rows_max)s rows with ties
) to stdout (format "binary");
