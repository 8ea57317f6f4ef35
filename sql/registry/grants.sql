-- Let the deduplicator's role read schema sync and ask how far behind it is.
grant usage on schema sync to dedup_reader;
grant select on all tables in schema sync to dedup_reader;
grant execute on function sync.lag to dedup_reader;

-- Every role may make temporary tables unless the database says otherwise.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
end;
$$;
