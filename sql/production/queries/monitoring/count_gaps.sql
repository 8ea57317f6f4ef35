-- Count the gaps of the last day that gatherers noticed on their own connections, and how they repaired them. Another
-- gatherer may have received what an open one lacks.
-- Reads: ops.gaps
-- Returns: stream, how it was repaired (open, snapshot or rest), the number of gaps; each stream and repair has a row
select
    s.stream,
    r.repair,
    count(g.began_at) as gaps
from ops.classified_streams() as s
cross join (values ('open'), ('snapshot'), ('rest')) as r (repair)
left join ops.gaps as g
    on
        s.channel = g.channel
        and r.repair = case when g.ended_at is null then 'open' else g.repair end
        and g.began_at > now() - interval '1 day'
group by s.stream, r.repair
order by s.stream, r.repair;
