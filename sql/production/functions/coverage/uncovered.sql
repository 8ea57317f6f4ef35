-- Say what no gatherer received of a market, on each channel. Whether anything was to be received then, the ledger
-- says.
-- Parameters: wanted_ticker, the market; wanted, the time asked about
-- Reads: what ops.coverage reads
-- Returns: one row per channel, empty where all of the time was covered
create or replace function ops.uncovered(wanted_ticker text, wanted tstzrange)
returns table (channel text, uncovered tstzmultirange)
language plpgsql
stable
as $$
begin
    return query
    select c.channel, tstzmultirange(wanted) - c.covered as uncovered
    from ops.coverage(wanted_ticker, wanted) as c
    where c.gatherer_id is null;
end;
$$;

comment on function ops.uncovered is 'What no gatherer received of a market, on each channel.';
