-- Compare the version of TimescaleDB in this database with the version of the server's library.
-- A database refuses every other session if they differ; one that sets timescaledb.disable_load may ask.
-- Returns: extension (its version), library (its version), state ('same'; 'old' if it can be updated; 'stuck' if not)
select
    e.extversion as extension,
    a.default_version as library,
    case
        when e.extversion = a.default_version then 'same'
        when exists (
            select from pg_extension_update_paths(e.extname) as p
            where p.source = e.extversion and p.target = a.default_version and p.path is not null
        ) then 'old'
        else 'stuck'
    end as state
from pg_extension as e
inner join pg_available_extensions as a on e.extname = a.name
where e.extname = 'timescaledb';
