-- List connections to the exchange: those that are open, then the last ones that closed.
-- Parameters: rows_max integer
-- Reads: capture.connections, capture.subscriptions
-- Returns: connection_id, name, when it opened and closed, why, frames received on it, what it covers now (channels,
-- and how many books)
select
    c.connection_id,
    c.name,
    c.opened_at,
    c.closed_at,
    c.close_reason,
    c.frames_received,
    s.channels,
    s.books
from (
    select each.*
    from capture.connections as each
    order by each.closed_at desc nulls first, each.opened_at desc
    limit %(rows_max)s::integer
) as c
left join lateral (
    select
        array_agg(distinct u.channel order by u.channel) as channels,
        count(*) filter (where u.market_ticker <> '') as books
    from capture.subscriptions as u
    where u.connection_id = c.connection_id and u.ended_at is null
) as s on true
order by c.closed_at desc nulls first, c.name asc, c.opened_at desc;
