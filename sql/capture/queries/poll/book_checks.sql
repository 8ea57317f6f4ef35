-- Send the comparisons of order books after a position, in whole transactions, in the columns of the stage table.
-- Parameters: gatherer_id smallint, after xid8, rows_max integer (the last transaction may exceed it),
-- shard integer, shards integer: the part of the rows, counted from 1, and the number of parts
-- Reads: sync.book_checks_v1
-- Returns: rows in PostgreSQL's binary COPY format; the last column is the next position
copy (
    select
        %(gatherer_id)s::smallint as gatherer_id,
        (select i.epoch from sync.instance_v1 as i) as epoch,
        frame_number,
        connection_id,
        sid,
        market_ticker,
        from_at,
        until_at,
        from_seq,
        until_seq,
        from_clock,
        until_clock,
        from_change_at,
        until_change_at,
        change_count,
        inner_count,
        level_count,
        is_equal,
        wrong_level_count,
        difference,
        ingest_xid
    from sync.book_checks_v1
    where
        ingest_xid > %(after)s::xid8
        and (%(shards)s = 1 or mod(hashtext(market_ticker)::bigint + 2147483648, %(shards)s) = %(shard)s - 1)
    order by ingest_xid
    fetch first %(rows_max)s rows with ties
) to stdout (format "binary");
