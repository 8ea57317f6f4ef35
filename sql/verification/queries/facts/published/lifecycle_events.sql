-- List the published lifecycle events for the comparison: each message, as often as it was sent.
-- Reads: pg_temp.published_event
-- Writes: pg_temp.published_form
-- Returns: nothing
insert into published_form (line_number, form, subject, labels, is_once)
select
    line_number,
    form,
    concat_ws('|', subject_ticker, kind) as subject,
    payload as labels,
    false as is_once
from published_event
where is_readable;
