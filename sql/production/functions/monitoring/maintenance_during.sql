-- Find the exchange's weekly maintenance, in which nothing is published: Thursdays from 3 to 5 in New York, and
-- five minutes in which gatherers connect again.
-- Parameters: wanted, the time asked about, with both ends
-- Returns: what of it may be maintenance
create or replace function ops.maintenance_during(wanted tstzrange) returns tstzmultirange
language sql
stable
as $$
    select coalesce(range_agg(m.during * wanted), '{}')
    from generate_series(
        date_trunc('day', lower(wanted), 'America/New_York'), upper(wanted), interval '1 day', 'America/New_York'
    ) as g (day)
    -- The clocks change on Sundays only.
    cross join lateral (
        select tstzrange(g.day + interval '3 h', g.day + interval '5 h 5 min') as during
    ) as m
    where extract(isodow from g.day at time zone 'America/New_York') = 4;
$$;

comment on function ops.maintenance_during is 'What of a time may be the exchange''s weekly maintenance.';
