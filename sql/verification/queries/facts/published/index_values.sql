-- List the published index values for the comparison: each of a moment once.
-- Reads: pg_temp.published_index_value
-- Writes: pg_temp.published_form
-- Returns: nothing
insert into published_form (line_number, form, subject, labels, is_once)
select
    line_number,
    form,
    index_id as subject,
    jsonb_build_object('value', value, 'published_at', extract(epoch from published_at), 'payload', payload)
    || pg_temp.time_labels(source_ts, 6) as labels,
    true as is_once
from published_index_value
where is_readable;
