-- List what no gatherer received of a market, on each channel. ops.market_minutes shows whether anything was
-- expected then.
-- Parameters: wanted_ticker, the market; wanted, the time asked about
-- Reads: what ops.coverage reads
-- Returns: one row per channel, with an empty value if all of the time was covered
create or replace function ops.uncovered(wanted_ticker text, wanted tstzrange)
returns table (channel text, uncovered tstzmultirange)
language sql
stable
as $$
    select c.channel, tstzmultirange(wanted) - c.covered as uncovered
    from ops.coverage(wanted_ticker, wanted) as c
    where c.gatherer_id is null;
$$;

comment on function ops.uncovered is 'What no gatherer received of a market, on each channel.';
