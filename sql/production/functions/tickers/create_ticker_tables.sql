-- Create the tables in which a session works out which market summaries are one fact, if it has none yet, and empty
-- them. They also empty themselves at each commit.
-- Writes: pg_temp.ticker_groups, held_tickers, received_tickers, joined_tickers, wanted_tickers
-- Returns: nothing
create or replace function ops.create_ticker_tables() returns void
language plpgsql
as $$
begin
    if to_regclass('pg_temp.ticker_groups') is not null then
        delete from pg_temp.ticker_groups;
        delete from pg_temp.held_tickers;
        delete from pg_temp.received_tickers;
        delete from pg_temp.joined_tickers;
        delete from pg_temp.wanted_tickers;
        return;
    end if;
    -- The times in which rows of a market have different fields: a millisecond, or a second if the time of one of the
    -- rows is known no better.
    create temporary table ticker_groups (
        market_ticker text collate "C" not null,
        second timestamptz not null,
        began_at timestamptz not null,
        ended_at timestamptz not null
    ) on commit delete rows;
    -- The rows of the groups that were received, each with the fields that it has.
    create temporary table received_tickers (
        market_ticker text collate "C" not null,
        began_at timestamptz not null,
        exchange_ts timestamptz not null,
        time_digits smallint not null,
        received_at timestamptz not null,
        gatherer_id smallint not null,
        labels jsonb not null
    ) on commit delete rows;
    -- The rows that production holds of the groups.
    create temporary table held_tickers (
        like received_tickers,
        values_sha256 bytea not null
    ) on commit delete rows;
    -- What is known in each group: the rows without poorer copies, and those rows joined where they agree.
    create temporary table joined_tickers (
        market_ticker text collate "C" not null,
        began_at timestamptz not null,
        richest jsonb[] not null,
        joined jsonb[] not null
    ) on commit delete rows;
    -- The rows that production is to hold of the groups.
    create temporary table wanted_tickers (
        like received_tickers
    ) on commit delete rows;
end;
$$;

comment on function ops.create_ticker_tables is 'Create the tables in which a session compares market summaries.';
