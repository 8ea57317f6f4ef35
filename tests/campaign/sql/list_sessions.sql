-- Count the sessions of each program on this server, but those of this program.
-- Reads: pg_stat_activity
-- Returns: application_name and how many sessions it has
select
    a.application_name,
    count(*) as sessions
from pg_stat_activity as a
where a.backend_type = 'client backend' and a.application_name not in ('campaign', 'reader', 'demo')
group by a.application_name
order by a.application_name;
