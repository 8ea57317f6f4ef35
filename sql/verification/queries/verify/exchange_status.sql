-- Compare what production holds of the exchange's shards with the journal. Each answered state is held; and what is
-- held was answered: the first and the last answer of a row lie within answered states of the journal. The clocks of
-- gatherers and exchange may differ by a second, and an answer takes a while.
-- Reads: pg_temp.published_exchange_status, market_data.exchange_status
-- Returns: how many states were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select
        p.*, tstzrange(lower(p.during) - interval '2 s', upper(p.during) + interval '2 s') as near
    from published_exchange_status as p
),

held as (
    select
        e.exchange_index, e.exchange_active, e.trading_active,
        tstzrange(e.first_seen_at, e.confirmed_at, '[]') as during
    from market_data.exchange_status as e
    where e.kind = 'shard'
),

compared as (
    select count(*) filter (where h.is_lost) as lost, count(*) as published
    from (
        select p.exchange_index, p.exchange_active, p.trading_active, p.near, count(h.during) = 0 as is_lost
        from published as p
        left join held as h
            on
                p.exchange_index = h.exchange_index and p.exchange_active = h.exchange_active
                and p.trading_active = h.trading_active and p.near && h.during
        group by p.exchange_index, p.exchange_active, p.trading_active, p.near
    ) as h
),

invented as (
    select count(*) as states
    from held as h
    cross join lateral (values (lower(h.during)), (upper(h.during))) as a (answered_at)
    where
        not exists (
            select from published as p
            where
                p.exchange_index = h.exchange_index and p.exchange_active = h.exchange_active
                and p.trading_active = h.trading_active and p.near @> a.answered_at
        )
)

select
    c.published,
    c.published - c.lost + i.states as held,
    c.lost,
    i.states as invented
from compared as c
cross join invented as i;
