-- Pair what was published and is held with the same labels and time, as often as it is in both.
-- Reads: pg_temp.published_fact, pg_temp.held_fact
-- Writes: pg_temp.published_fact, pg_temp.held_fact
-- Returns: nothing; the row count is the number of pairs
with
published as (
    select
        line_number,
        subject,
        labels,
        coalesce(exchange_ts, 'infinity') as exchange_ts,
        row_number() over (partition by subject, labels, exchange_ts order by line_number) as place
    from published_fact
),

held as (
    select
        held_id,
        subject,
        labels,
        coalesce(exchange_ts, 'infinity') as exchange_ts,
        row_number() over (partition by subject, labels, exchange_ts order by held_id) as place
    from held_fact
),

pair as (
    select
        p.line_number,
        h.held_id
    from published as p
    inner join held as h
        on
            p.subject = h.subject and p.labels = h.labels and p.exchange_ts = h.exchange_ts and p.place = h.place
),

marked as (
    update published_fact as f
    set held_id = p.held_id
    from pair as p
    where f.line_number = p.line_number
)

update held_fact as f
set line_number = p.line_number
from pair as p
where f.held_id = p.held_id;
