-- Let the deduplicator's role read schema sync, ask how far behind it is, and acknowledge what is merged.
grant usage on schema sync to dedup_reader;
grant select on all tables in schema sync to dedup_reader;
grant execute on function sync.lag to dedup_reader;
grant execute on function sync.acknowledge to dedup_reader;

-- The gatherer's page reads as a role that can change nothing.
grant usage on schema capture, sync, timeseries to status_page;
grant select on
capture.connections, capture.subscriptions, capture.gaps, capture.quarantine, capture.acknowledgements,
sync.heartbeat_v1, sync.instance_v1, timeseries.series to status_page;

-- Every role may make temporary tables unless the database says otherwise.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
end;
$$;
