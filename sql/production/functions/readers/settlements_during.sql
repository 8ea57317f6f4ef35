-- Find the markets whose outcome was said first in a time.
-- Parameters: from_at, until_at
-- Reads: market_data.settlements, market_data.lifecycle_events, market_data.markets_history
-- Returns: rows of market_data.settlements
create or replace function ops.settlements_during(from_at timestamptz, until_at timestamptz) returns table (
    market_ticker text,
    seen_at timestamptz,
    result text,
    yes_value numeric,
    determined_at timestamptz,
    settled_at timestamptz,
    source text
)
language sql
stable
as $$
    select s.market_ticker, s.seen_at, s.result, s.yes_value, s.determined_at, s.settled_at, s.source
    from market_data.settlements as s
    where
        s.market_ticker = any(array(
            select e.subject_ticker
            from market_data.lifecycle_events as e
            where e.kind = 'determined' and e.seen_at >= from_at and e.seen_at < until_at
            union
            select h.ticker
            from market_data.markets_history as h
            where h.body ->> 'result' <> '' and h.fetched_at >= from_at and h.fetched_at < until_at
        ))
        and s.seen_at >= from_at and s.seen_at < until_at;
$$;

comment on function ops.settlements_during is 'The markets whose outcome was said first in a time.';
