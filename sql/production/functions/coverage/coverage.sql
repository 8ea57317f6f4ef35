-- Say when a market was covered on each channel: by each gatherer, and by all of them together.
-- Parameters: wanted_ticker, the market; wanted, the time asked about
-- Reads: what ops.coverage_spans reads
-- Returns: per channel one row per gatherer that covered any of it, and one with gatherer_id null for the union
create or replace function ops.coverage(wanted_ticker text, wanted tstzrange)
returns table (channel text, gatherer_id smallint, covered tstzmultirange)
language plpgsql
stable
as $$
begin
    return query
    select
        l.channel,
        s.gatherer_id,
        coalesce(range_agg(s.during * wanted) filter (where s.during && wanted), '{}') as covered
    from ops.classified_streams() as l
    cross join unnest(array['', wanted_ticker]) as t (ticker)
    left join lateral ops.coverage_spans(l.channel, t.ticker, wanted) as s on s.during && wanted
    group by grouping sets ((l.channel, s.gatherer_id), (l.channel))
    having grouping(s.gatherer_id) = 1 or s.gatherer_id is not null
    order by l.channel, s.gatherer_id nulls last;
end;
$$;

comment on function ops.coverage is 'When a market was covered on each channel, by gatherer and (null) by any of them.';
