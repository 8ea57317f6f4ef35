-- List the gaps of a channel that a gatherer closed by asking the exchange's REST interface for what was missed. A gap
-- closed by a snapshot is not among them: the book is right again, but the changes in between are lost.
-- Parameters: wanted_channel; wanted, the time asked about
-- Reads: ops.gaps
-- Returns: the gatherers that asked, and the gaps, from the last frame before each to the frame that showed it
create or replace function ops.gaps_backfilled(wanted_channel text, wanted tstzrange)
returns table (gatherer_id smallint, during tstzrange)
language sql
stable
as $$
    select g.gatherer_id, ops.ordered_range(g.began_at, g.detected_at) * wanted as during
    from ops.gaps as g
    where
        g.channel = wanted_channel
        and g.repair = 'rest'
        and least(g.began_at, g.detected_at) < coalesce(upper(wanted), 'infinity')
        -- The exchange's and the gatherer's time-outs reveal every gap within a day.
        and g.began_at > coalesce(lower(wanted), '-infinity') - interval '1 day'
        and ops.ordered_range(g.began_at, g.detected_at) && wanted;
$$;

comment on function ops.gaps_backfilled is 'Gaps of a channel that were closed by REST, and the gatherers that did it.';
