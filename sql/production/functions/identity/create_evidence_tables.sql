-- Create the tables in which a session works out which rows are one change, if it has none yet. They empty themselves
-- at each commit.
-- Writes: pg_temp.found_evidence, found_ranges, evidence, held_changes, settled_changes
-- Returns: nothing
create or replace function ops.create_evidence_tables() returns void
language plpgsql
as $$
begin
    if to_regclass('pg_temp.found_evidence') is not null then
        return;
    end if;
    -- What rows and stored evidence say. Source: staged, counted (by ordinal), restored (from the archive) or stored.
    create temporary table found_evidence (
        source text not null,
        place tid,
        exchange_ts timestamptz not null,
        market_ticker text collate "C" not null,
        side text not null,
        price numeric not null,
        size_delta numeric not null,
        clock bigint not null,
        time_digits smallint not null,
        began_at timestamptz not null,
        change_count integer not null,
        received_at timestamptz not null,
        gatherer_id smallint not null,
        from_at timestamptz not null,
        until_at timestamptz not null
    ) on commit delete rows;
    -- The time that it covers.
    create temporary table found_ranges (
        market_ticker text collate "C" not null,
        side text not null,
        price numeric not null,
        size_delta numeric not null,
        from_at timestamptz not null,
        until_at timestamptz not null
    ) on commit delete rows;
    -- The same evidence without repeats, by neighbourhood: evidence of one market, side, price and size whose windows overlap.
    create temporary table evidence (
        neighbourhood bigint not null,
        number bigint generated always as identity,
        like found_evidence,
        is_stored boolean not null,
        is_counted boolean not null
    ) on commit delete rows;
    -- The rows that production holds there.
    create temporary table held_changes (
        neighbourhood bigint not null,
        market_ticker text collate "C" not null,
        side text not null,
        price numeric not null,
        size_delta numeric not null,
        exchange_ts timestamptz not null,
        time_digits smallint not null,
        clock bigint not null,
        occurrence integer not null,
        received_at timestamptz not null,
        gatherer_id smallint not null
    ) on commit delete rows;
    -- The rows that production is to hold there.
    create temporary table settled_changes (
        like held_changes,
        is_exact boolean not null
    ) on commit delete rows;
end;
$$;

comment on function ops.create_evidence_tables is 'Create the tables in which a session works out what is one change.';
