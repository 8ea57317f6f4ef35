-- Collect the forms of each published fact: what the richest of its connections got, and when it was sent.
-- Reads: pg_temp.published_form, pg_temp.journal
-- Writes: pg_temp.published_fact
-- Returns: nothing
insert into published_fact (line_number, subject, labels, known_time, required, sent_at, is_sent)
with
whole as (
    select
        line_number,
        subject,
        labels,
        case
            when is_once then min(line_number) over (partition by subject, labels) else line_number
        end as first_number
    from published_form
    where form = 0
)

-- All lines of a group have the same subject and labels.
select
    w.first_number,
    w.subject,
    w.labels,
    min(
        case
            when coalesce(f.labels, w.labels) ? 'milliseconds' then 2
            when coalesce(f.labels, w.labels) ? 'second' then 1
            else 0
        end
    ) filter (where coalesce(f.form, -1) < 0) as known_time,
    array_agg(distinct coalesce(f.labels, w.labels)) filter (where coalesce(f.form, 1) > 0) as required,
    array_agg(distinct t.sent_at) as sent_at,
    coalesce(bool_or((j.line ->> 'sent')::integer > 0), true) as is_sent
from whole as w
inner join journal as j on w.line_number = j.line_number and j.form = 0
left join published_form as f on w.line_number = f.line_number and f.form <> 0
cross join
    lateral (
        values
        (timestamptz 'epoch' + (j.line ->> 'published_ms')::bigint * interval '1 ms'),
        (pg_temp.sent_time(j.line #> '{frame, sending_ts_ms}', 1000))
    ) as t (sent_at)
group by w.first_number, w.subject, w.labels;
