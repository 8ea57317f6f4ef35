-- List what shows whether order books are complete in a time, cut to it.
-- Parameters: wanted_from, wanted_until, at most some days
-- Reads: market_data.book_checks
-- Returns: the rows in the columns of the view; a comparison that spans several hours is in each of them
create or replace function ops.book_checks_during(wanted_from timestamptz, wanted_until timestamptz) returns table (
    market_ticker text,
    from_at timestamptz,
    to_at timestamptz,
    kind text,
    gatherer_id smallint,
    is_proven boolean,
    wrong_levels integer,
    from_clock bigint,
    to_clock bigint
)
language sql
stable
as $$
    select
        b.market_ticker, greatest(b.from_at, wanted_from) as from_at, least(b.to_at, wanted_until) as to_at, b.kind,
        b.gatherer_id, b.is_proven, b.wrong_levels, b.from_clock, b.to_clock
    from market_data.book_checks as b
    where
        b.from_at < wanted_until and b.to_at > wanted_from
        -- A row begins on one day and none of its comparisons takes longer than two. Indexes lead to these.
        and b.from_at > wanted_from - interval '3 days' and b.to_at < wanted_until + interval '3 days';
$$;

comment on function ops.book_checks_during is 'What shows whether order books are complete in a time, cut to it.';
