-- Send the markets after a position, in whole transactions, in the columns of the stage table.
-- A time of a change that stands for none is null: the year 1, or one ahead of the fetching by a day.
-- Parameters: gatherer_id smallint, after xid8, rows_max integer (the last transaction may exceed it),
-- shard integer, shards integer: the part of the rows, counted from 1, and the number of parts
-- Reads: sync.markets_v1
-- Returns: rows in PostgreSQL's binary COPY format; the last column is the next position
copy (
    select
        %(gatherer_id)s::smallint as gatherer_id,
        ticker,
        case
            when updated_time > '1970-01-01 00:00+00' and updated_time < fetched_at + interval '1 day' then updated_time
        end as updated_time,
        fetched_at,
        body,
        sha256(convert_to(body::text, 'UTF8')) as body_sha256,
        ingest_xid
    from sync.markets_v1
    where
        ingest_xid > %(after)s::xid8
        and (%(shards)s = 1 or mod(hashtext(ticker)::bigint + 2147483648, %(shards)s) = %(shard)s - 1)
    order by ingest_xid
    fetch first %(rows_max)s rows with ties
) to stdout (format "binary");
