-- Remove lines from the journal that no reader could understand: an amount or time is invalid, or a required one
-- missing. A gatherer puts such a frame into quarantine, so production cannot hold it.
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of lines removed
delete from journal as j
where
    exists (
        select
        from jsonb_each_text(j.line #> '{frame, msg}') as field (name, value)
        where
            (field.name like '%_dollars' or field.name like '%_fp')
            and jsonb_typeof(j.line #> array['frame', 'msg', field.name]) <> 'array'
            and not pg_input_is_valid(field.value, 'numeric')
    )
    or exists (
        select
        from
            jsonb_path_query(j.line, '$.frame.msg.keyvalue() ? (@.key like_regex "_dollars(_fp)?$").value') as levels,
            jsonb_path_query(levels, '$[*][*] ? ($.type() == "array" && @.type() == "string")') as amount (value)
        where not pg_input_is_valid(amount.value #>> '{}', 'numeric')
    )
    or (
        j.line #>> '{frame, type}' = 'orderbook_delta'
        and (
            j.line #>> '{frame, msg, side}' is null
            or coalesce(j.line #>> '{frame, msg, price_dollars}', j.line #>> '{frame, msg, price}') is null
            or coalesce(j.line #>> '{frame, msg, delta_fp}', j.line #>> '{frame, msg, delta}') is null
            or coalesce(j.line #>> '{frame, msg, ts_ms}', j.line #>> '{frame, msg, ts}') is null
        )
    )
    or (
        j.line #>> '{frame, type}' = 'trade'
        and (
            j.line #>> '{frame, msg, trade_id}' is null
            or coalesce(j.line #>> '{frame, msg, yes_price_dollars}', j.line #>> '{frame, msg, yes_price}') is null
            or coalesce(j.line #>> '{frame, msg, count_fp}', j.line #>> '{frame, msg, count}') is null
            or coalesce(j.line #>> '{frame, msg, ts_ms}', j.line #>> '{frame, msg, ts}') is null
        )
    );
