-- Find the held row of each staged snapshot's state.
-- Reads: pg_temp.stage, market_data.hot_orderbook_snapshots
-- Returns: what ops.staged_snapshots returns, with the market's id and the last change's time that the held row may
-- know, and known_at, the time of the held row; null if there is none
create or replace function ops.matched_snapshots() returns table (
    received_at timestamptz, market_ticker text, market_id text, clock bigint, levels_sha256 bytea, occurrence integer,
    yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint,
    last_change_at timestamptz, began_at timestamptz, ended_at timestamptz, known_at timestamptz
)
language sql
as $$
    select
        s.received_at, s.market_ticker, greatest(coalesce(s.market_id, ''), k.market_id), s.clock, s.levels_sha256,
        s.occurrence, s.yes_prices, s.yes_sizes, s.no_prices, s.no_sizes, s.gatherer_id,
        least(s.last_change_at, k.last_change_at), s.began_at, s.ended_at, k.received_at
    from ops.staged_snapshots() as s
    -- The offset forces one index probe per staged state, however many snapshots a partition holds.
    left join lateral (
        select e.received_at, e.market_id, e.last_change_at
        from market_data.hot_orderbook_snapshots as e
        where
            e.market_ticker = s.market_ticker and e.received_at >= s.began_at and e.received_at < s.ended_at
            and (e.clock, e.levels_sha256, e.occurrence) = (s.clock, s.levels_sha256, s.occurrence)
            and (s.occurrence = 0 or e.last_change_at is not distinct from s.last_change_at)
        offset 0
    ) as k on true;
$$;

comment on function ops.matched_snapshots is 'Staged snapshots, each with the held row of its state.';
