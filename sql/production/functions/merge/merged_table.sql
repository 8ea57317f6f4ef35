-- Find the table that rows of a stream are merged into: the one of its hot rows if the stream is packed, too.
-- Parameters: wanted_stream
-- Reads: the catalog
-- Returns: the table; null if there is none
create or replace function ops.merged_table(wanted_stream text) returns regclass
language sql
stable
as $$
    select coalesce(
        to_regclass(format('market_data.%I', 'hot_' || wanted_stream)),
        to_regclass(format('market_data.%I', wanted_stream))
    );
$$;

comment on function ops.merged_table is 'The table that rows of a stream are merged into.';
