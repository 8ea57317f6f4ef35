-- Grant the rights in production: deduplicator writes, reader reads published data, exporter archives it, status_page
-- reads what the deduplicator's page shows.

-- deduplicator
grant usage on schema market_data, ops, timeseries to deduplicator;
grant select on timeseries.migration, ops.migration, timeseries.series to deduplicator;
grant select, insert on all tables in schema market_data to deduplicator;
-- A row that another one knows more than is replaced by it, or gets what it lacks.
grant delete on
market_data.hot_orderbook_deltas, market_data.packed_orderbook_deltas, market_data.hot_tickers,
market_data.packed_tickers, market_data.hot_trades, market_data.packed_trades,
market_data.hot_orderbook_snapshots, market_data.packed_orderbook_snapshots,
market_data.exchange_status to deduplicator;
grant update (taker_side, is_block_trade) on market_data.hot_trades to deduplicator;
grant update (market_id, last_change_at) on market_data.hot_orderbook_snapshots to deduplicator;
grant update on market_data.index_values, market_data.exchange_status to deduplicator;
grant update (payload, payload_sha256, occurrence) on market_data.lifecycle_events to deduplicator;
grant update on
market_data.series, market_data.events, market_data.markets,
market_data.series_history, market_data.events_history, market_data.markets_history to deduplicator;
grant select, insert on ops.rejected_rows to deduplicator;
grant select, insert, update on
ops.cursors, ops.connections, ops.subscriptions, ops.gaps, ops.heartbeats, ops.lags, ops.deduplicators,
ops.archive_partitions, ops.locks to deduplicator;
grant select, insert, update, delete on
ops.watermarks, ops.late_rows, ops.expected, ops.book_checks, ops.classified_minutes, ops.market_minutes_due,
ops.steady_states, ops.lost_lines, ops.sightings, ops.arbitration, ops.line_checks, ops.line_counts, ops.delta_labels,
ops.delta_evidence, ops.ticker_labels, ops.ticker_evidence, ops.packed_hours, ops.packing_failures,
ops.storage_samples, ops.expected_due, ops.series_minutes to deduplicator;
grant select, update on ops.hour_locks to deduplicator;
grant select, insert, delete on ops.lock_sessions to deduplicator;
grant select on ops.backups to deduplicator;
grant select on ops.dropped_partitions, ops.market_minutes, ops.completeness, ops.stream_days,
ops.announced_outcomes to deduplicator;
grant execute on function timeseries.ensure_partition to deduplicator;
grant execute on function ops.try_timestamptz, ops.try_boolean to deduplicator;
grant execute on function ops.drop_archived_partitions, ops.drop_packed_partitions to deduplicator;
grant execute on function ops.drop_for_space, ops.delete_old_rows to deduplicator;

-- reader
grant usage on schema market_data to reader;
grant execute on function ops.incidents_during to reader, exporter, deduplicator;
grant select on all tables in schema market_data to reader;

-- exporter
grant usage on schema market_data, ops, timeseries to exporter;
grant select on timeseries.migration, ops.migration, timeseries.series to exporter;
grant select on all tables in schema market_data to exporter;
grant select, insert, update on ops.archive_partitions, ops.locks to exporter;
grant select on ops.lock_sessions to exporter;
grant select on ops.cursors, ops.lags, ops.deduplicators, ops.heartbeats, ops.connections, ops.dropped_partitions,
ops.watermarks, ops.market_minutes, ops.expected, ops.announced_outcomes to exporter;
grant execute on function ops.quarantine_rows to exporter, deduplicator;

-- status_page
grant usage on schema market_data, ops to status_page;
grant select on all tables in schema market_data to status_page;
grant select on ops.heartbeats, ops.lags, ops.cursors, ops.deduplicators, ops.storage_samples, ops.arbitration,
ops.series_minutes, ops.markets_with_gaps,
ops.archive_partitions, ops.watermarks, ops.market_minutes, ops.expected, ops.gaps, ops.connections, ops.subscriptions,
ops.lost_lines, ops.book_checks, ops.line_checks, ops.line_counts to status_page;

-- Every role may make temporary tables unless the database says otherwise. These two stage rows in them.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to deduplicator, exporter', current_database());
end;
$$;
