-- Record connections to the exchange that opened; safe to repeat.
-- Parameters: rows jsonb, an array of objects
-- Writes: capture.connections
-- Returns: nothing
insert into capture.connections (connection_id, name, url, use_yes_price, opened_at)
select
    r.connection_id,
    r.name,
    r.url,
    false as use_yes_price,
    r.opened_at
from jsonb_to_recordset(%(rows)s::jsonb) as r (connection_id bigint, name text, url text, opened_at timestamptz)
on conflict do nothing;
