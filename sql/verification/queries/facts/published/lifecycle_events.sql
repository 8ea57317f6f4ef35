-- List the published lifecycle events for the comparison: each message, as often as it was sent.
-- Reads: pg_temp.published_event
-- Writes: pg_temp.published_fact
-- Returns: nothing
insert into published_fact (
    line_number, subject, labels, exchange_ts, is_partial, lackable, may_be_coarse, may_lack_time
)
select
    line_number,
    concat_ws('|', subject_ticker, kind) as subject,
    payload as labels,
    null as exchange_ts,
    lacking <> '[]' as is_partial,
    array(select jsonb_array_elements_text(lacking)) as lackable,
    true as may_be_coarse,
    true as may_lack_time
from published_event
where is_readable;
