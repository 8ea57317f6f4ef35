-- Find the candidates of each published fact of which some connection lacked a label: the held facts that may be the
-- same. A candidate has no label that was not published. It lacks only labels that some connection lacked. It has the
-- published time; or, if some connection lacked the exact time, the millisecond or second in which that time lies; or
-- none, if some connection lacked the time.
-- Reads: pg_temp.published_fact, pg_temp.held_fact
-- Writes: pg_temp.candidate
-- Returns: nothing
with
published as (
    select
        *,
        date_trunc('second', exchange_ts) as second
    from published_fact
    where held_id is null and is_partial
),

held as (
    select
        *,
        date_trunc('second', exchange_ts) as second,
        exchange_ts + power(10, -time_digits) * interval '1 s' as until
    from held_fact
    where line_number is null
),

possible as (
    select
        p.line_number,
        h.held_id
    from published as p
    inner join held as h on p.subject = h.subject and p.second = h.second
    where
        h.labels <@ p.labels and p.labels - p.lackable <@ h.labels
        and (p.exchange_ts = h.exchange_ts or p.may_be_coarse)
        and p.exchange_ts >= h.exchange_ts and p.exchange_ts < h.until
    union
    select
        p.line_number,
        h.held_id
    from published as p
    inner join held as h on p.subject = h.subject
    where
        h.labels <@ p.labels and p.labels - p.lackable <@ h.labels
        and p.may_lack_time
)

insert into candidate (line_number, held_id, last_line_number)
select
    line_number,
    held_id,
    max(line_number) over (partition by held_id) as last_line_number
from possible;
