-- List the facts of one stream that were published and that production does not hold, after they were counted, and what
-- production says of their minutes.
-- Parameters: stream text
-- Reads: pg_temp.published_fact, pg_temp.journal, market_data.minute_states
-- Returns: stream; market_ticker, empty for a stream that is received for all markets at once; published_at; state of
-- the minute, none if nothing was expected in it; connection_count, to how many connections it was sent; clients, the
-- keys that were sent it on a connection that lasted for another second
with
wanted as (
    select %(stream)s::text as stream
),

lost as (
    select
        j.line,
        w.stream,
        timestamptz 'epoch' + (j.line ->> 'published_ms')::bigint * interval '1 ms' as published_at,
        case
            when w.stream = 'orderbook_deltas' then j.line #>> '{frame, msg, market_ticker}' else ''
        end as market_ticker
    from published_fact as f
    inner join journal as j on f.line_number = j.line_number and j.form = 0
    cross join wanted as w
    where f.held_id is null
),

connection as (
    select
        (line #>> '{connection, number}')::bigint as number,
        min(line #>> '{connection, client}') as client,
        min((line ->> 'published_ms')::bigint) filter (where line #>> '{connection, event}' = 'broken') as broken_ms
    from journal
    where line ? 'connection'
    group by line #>> '{connection, number}'
)

select
    l.stream, l.market_ticker, l.published_at, coalesce(m.state, 'none') as state,
    (l.line ->> 'sent')::integer as connection_count, coalesce(c.clients, '{}') as clients
from lost as l
left join market_data.minute_states as m
    on l.stream = m.stream and l.market_ticker = m.market_ticker and m.minute = date_trunc('minute', l.published_at)
left join lateral (
    select array_agg(distinct k.client order by k.client) as clients
    from jsonb_array_elements_text(l.line -> 'on') as o (number)
    inner join connection as k on o.number::bigint = k.number
    where k.broken_ms is null or k.broken_ms > (l.line ->> 'published_ms')::bigint + 1000
) as c on true
order by l.published_at asc, l.market_ticker asc;
