-- Sessions of clients by state, and how many there may be. A state without sessions is a row, too.
-- Returns: state, sessions, sessions_max
select
    s.state,
    count(a.pid) as sessions,
    current_setting('max_connections')::int as sessions_max
from unnest(array['active', 'idle', 'idle in transaction', 'other']) as s (state)
left join pg_stat_activity as a
    on
        a.backend_type = 'client backend'
        and s.state = case when a.state in ('active', 'idle', 'idle in transaction') then a.state else 'other' end
group by s.state;
