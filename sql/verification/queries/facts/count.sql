-- Count one stream's facts after the comparison.
-- Reads: pg_temp.published_fact, pg_temp.held_fact, pg_temp.candidate
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
paired as (
    select pg_temp.pair_candidates() as pairs
),

published as (
    select
        count(*) as facts,
        count(*) filter (where held_id is null) as unpaired
    from published_fact
),

held as (
    select
        count(*) as facts,
        count(*) filter (where line_number is null) as unpaired
    from held_fact
)

select
    published.facts as published,
    held.facts as held,
    published.unpaired - paired.pairs as lost,
    held.unpaired - paired.pairs as invented
from paired
cross join published
cross join held;
