-- Record which staged rows were merged so late that upkeep may have passed them. The transaction's time decides, so
-- that ops.settled_until can rely on it.
-- Parameters: time_column of the stage; merged_stream; first_hour and last_hour that got new rows
-- Reads: pg_temp.stage
-- Writes: ops.late_rows
-- Returns: how many rows were written: one per market of order books, else one
create or replace function ops.record_late_rows(
    time_column name, merged_stream text, first_hour timestamptz, last_hour timestamptz
) returns bigint
language plpgsql
as $$
declare
    written bigint;
begin
    execute format(
        $query$
            insert into ops.late_rows (stream, market_ticker, during)
            select $1, %2$s as market_ticker, tstzrange(min(s.%1$I), max(s.%1$I), '[]')
            from pg_temp.stage as s
            where s.%1$I >= $2 and s.%1$I < $3
            group by 2
        $query$,
        time_column, case when merged_stream like 'orderbook%' then 's.market_ticker' else $empty$''$empty$ end
    ) using merged_stream, first_hour, least(last_hour + interval '1 h', now() - interval '30 s');
    get diagnostics written = row_count;
    return written;
end;
$$;

comment on function ops.record_late_rows is
'Record which staged rows were merged so late that upkeep may have passed them.';
