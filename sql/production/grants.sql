-- Grant the rights in production: deduplicator writes, reader reads published data, exporter archives it.
grant usage on schema market_data, ops, timeseries to deduplicator;
grant select on timeseries.migration, ops.migration to deduplicator;
grant select, insert on all tables in schema market_data to deduplicator;
grant select, insert, update on ops.cursors to deduplicator;
grant select, insert on ops.rejected_rows to deduplicator;
grant select on timeseries.series to deduplicator;
grant execute on function timeseries.ensure_partition to deduplicator;
grant usage on schema market_data to reader;
grant select on all tables in schema market_data to reader;
grant select, insert, update on
ops.connections, ops.subscriptions, ops.gaps, ops.heartbeats, ops.archive_partitions to deduplicator;
grant update on market_data.series, market_data.events, market_data.markets to deduplicator;
grant execute on function ops.try_timestamptz, ops.try_boolean to deduplicator;
grant usage on schema market_data, ops, timeseries to exporter;
grant select on all tables in schema market_data to exporter;
grant select on timeseries.migration, ops.migration, ops.cursors to exporter;
grant select, insert, update on ops.archive_partitions to exporter;
grant select, insert, update on ops.lags, ops.deduplicators to deduplicator;
grant select, insert, update, delete on
ops.watermarks, ops.late_rows, ops.book_checks, ops.expected, ops.market_minutes, ops.market_minutes_due, ops.sightings,
ops.arbitration to deduplicator;
grant select on ops.dropped_partitions, ops.completeness, ops.stream_days to deduplicator;
grant execute on function ops.drop_archived_partitions to deduplicator;
grant select on ops.lags, ops.connections, ops.dropped_partitions, timeseries.series to exporter;
