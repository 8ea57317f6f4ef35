-- List when a market was covered on each channel: by each gatherer, and by all of them together.
-- Parameters: wanted_ticker, the market; wanted, the time asked about
-- Reads: what ops.coverage_spans reads
-- Returns: per channel one row per gatherer that covered any of it, and one with gatherer_id null for the union
create or replace function ops.coverage(wanted_ticker text, wanted tstzrange)
returns table (channel text, gatherer_id smallint, covered tstzmultirange)
language sql
stable
as $$
    select
        c.channel,
        s.gatherer_id,
        coalesce(range_agg(s.during * wanted) filter (where s.during && wanted), '{}') as covered
    from ops.classified_streams() as c
    cross join unnest(array['', wanted_ticker]) as t (ticker)
    left join lateral ops.coverage_spans(c.channel, t.ticker, wanted) as s on s.during && wanted
    group by grouping sets ((c.channel, s.gatherer_id), (c.channel))
    having grouping(s.gatherer_id) = 1 or s.gatherer_id is not null
    order by c.channel, s.gatherer_id nulls last;
$$;

comment on function ops.coverage is 'When a market was covered on each channel, by gatherer and (null) by any of them.';
