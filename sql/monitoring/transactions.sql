-- Ages that keep a server from forgetting old transactions; at two thousand million it refuses to write.
-- Returns: xid_age, oldest_snapshot_age, prepared_age (transactions), oldest_transaction_seconds
select
    (select max(age(d.datfrozenxid)) from pg_database as d) as xid_age,
    (select coalesce(max(age(a.backend_xmin)), 0) from pg_stat_activity as a) as oldest_snapshot_age,
    (select coalesce(max(age(p.transaction)), 0) from pg_prepared_xacts as p) as prepared_age,
    (
        select coalesce(extract(epoch from max(clock_timestamp() - a.xact_start)), 0)
        from pg_stat_activity as a
        where a.backend_type = 'client backend'
    )::float8 as oldest_transaction_seconds;
