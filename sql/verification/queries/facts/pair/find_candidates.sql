-- Find the candidates of each published fact of which some connection lacked a label: the held facts that may be the
-- same. A candidate has no label that was not published, and all labels of one entry of required. If it has no time of
-- the exchange, its own time lies near that of the sending.
-- Reads: pg_temp.published_fact, pg_temp.held_fact
-- Writes: pg_temp.candidate
-- Returns: nothing
with
published as (
    select *
    from published_fact
    where held_id is null and (cardinality(required) > 1 or required[1] <> labels or not labels ? 'second')
),

held as (
    select *
    from held_fact
    where line_number is null
),

possible as (
    select
        p.line_number,
        h.held_id
    from published as p
    inner join held as h on p.subject = h.subject and p.labels -> 'second' = h.labels -> 'second'
    where
        h.labels <@ p.labels and exists (select from unnest(p.required) as r (labels) where r.labels <@ h.labels)
    union all
    select
        p.line_number,
        h.held_id
    from published as p
    inner join held as h on p.subject = h.subject
    where
        h.labels <@ p.labels and exists (select from unnest(p.required) as r (labels) where r.labels <@ h.labels)
        and not h.labels ? 'second' and pg_temp.is_near(p.sent_at, h.from_at, h.until_at)
)

insert into candidate (line_number, held_id, last_line_number)
select
    line_number,
    held_id,
    max(line_number) over (partition by held_id) as last_line_number
from possible;
