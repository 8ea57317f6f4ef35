-- Pair what was published and is held with the same labels, as often as it is in both, and first what any connection
-- got. What has no time must be held with one near that of its sending: production may have that of its receipt.
-- Reads: pg_temp.published_fact, pg_temp.held_fact
-- Writes: pg_temp.published_fact, pg_temp.held_fact
-- Returns: nothing; the row count is the number of pairs
with
published as (
    select
        line_number,
        subject,
        labels,
        sent_at,
        row_number() over (partition by subject, labels order by is_sent desc, line_number asc) as place
    from published_fact
),

held as (
    select
        held_id,
        subject,
        labels,
        from_at,
        until_at,
        row_number() over (partition by subject, labels order by from_at, held_id) as place
    from held_fact
),

pair as (
    select
        p.line_number,
        h.held_id
    from published as p
    inner join held as h
        on
            p.subject = h.subject and p.labels = h.labels and p.place = h.place
    where h.labels ? 'second' or pg_temp.is_near(p.sent_at, h.from_at, h.until_at)
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
