-- Read the index values of an exchange's journal. The value and its time are in the upstream frame, which is JSON in a
-- text.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_index_value; is_readable is false for a message that no reader could understand
-- Returns: nothing
create temporary table published_index_value as
with
message as (
    select
        line_number,
        form,
        line #> '{frame, msg}' as msg,
        case
            when pg_input_is_valid(line #>> '{frame, msg, data}', 'jsonb')
                then (line #>> '{frame, msg, data}')::jsonb
        end as upstream
    from journal
    where line #>> '{frame, type}' = 'cfbenchmarks_value'
),

found as (
    select
        line_number,
        form,
        msg as payload,
        pg_temp.sent_text(msg -> 'index_id') as index_id,
        pg_temp.sent_time(msg -> 'received_at', 1000) as published_at,
        coalesce(
            pg_temp.sent_time(upstream -> 'time', 1000), pg_temp.sent_time(msg -> 'received_at', 1000)
        ) as source_ts,
        case
            when upstream ->> 'value' ~ '^-?\d{1,40}([.]\d{1,40})?([eE][+-]?\d{1,3})?$'
                then (upstream ->> 'value')::numeric
        end as value
    from message
)

select
    *,
    index_id is not null and published_at is not null and coalesce(abs(value) < 1e20 and scale(value) <= 18, false)
    and pg_temp.is_storable(payload) as is_readable
from found;
