-- Correct the times of staged events that lie ahead, since the gatherer that fetched them had a wrong clock.
-- As they are, they would be the newest for ever. Their bodies are good, so none is rejected.
-- Parameters: none of those that other streams use
-- Writes: pg_temp.stage
-- Returns: no rows; for other streams, per gatherer how many rows were rejected
with corrected as (
    update pg_temp.stage
    set
        fetched_at = least(fetched_at, now()),
        updated_time = case when updated_time < now() + interval '1 day' then updated_time end
    where fetched_at > now() or updated_time >= now() + interval '1 day'
    returning gatherer_id
)

select
    gatherer_id,
    0::bigint as rejected_rows
from corrected
where false;
