CREATE SCHEMA market_data;
CREATE SCHEMA ops;
CREATE SCHEMA timeseries;
CREATE FUNCTION market_data.book_at(wanted_ticker text, wanted_at timestamp with time zone) RETURNS TABLE(side text, price numeric, size numeric)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.book_changes(wanted_ticker text, wanted_at timestamp with time zone) RETURNS TABLE(side text, price numeric, size numeric, clock bigint, changed_at timestamp with time zone, snapshot_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan';
CREATE TABLE market_data.hot_orderbook_snapshots (
    received_at timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    market_id text NOT NULL,
    clock bigint NOT NULL,
    levels_sha256 bytea NOT NULL,
    occurrence integer NOT NULL,
    yes_prices numeric[] NOT NULL,
    yes_sizes numeric[] NOT NULL,
    no_prices numeric[] NOT NULL,
    no_sizes numeric[] NOT NULL,
    gatherer_id smallint NOT NULL,
    last_change_at timestamp with time zone
);
CREATE FUNCTION market_data.book_parts(base market_data.hot_orderbook_snapshots, wanted_at timestamp with time zone, first_at timestamp with time zone, last_at timestamp with time zone) RETURNS TABLE(side text, price numeric, size numeric, clock bigint, changed_at timestamp with time zone, snapshot_at timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.book_state(wanted_ticker text, wanted_at timestamp with time zone) RETURNS TABLE(clock bigint, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], snapshot_at timestamp with time zone, last_change_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION market_data.candles(wanted_ticker text, bucket interval, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(bucket_at timestamp with time zone, open_price numeric, high_price numeric, low_price numeric, close_price numeric, volume numeric, trade_count bigint)
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION market_data.comes_after(base market_data.hot_orderbook_snapshots, clock bigint, exchange_ts timestamp with time zone, time_digits smallint, gatherer_id smallint, received_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.deltas(wanted_ticker text, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, market_ticker text, clock bigint, side text, price numeric, size_delta numeric, occurrence integer, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.deltas_between(from_at timestamp with time zone, until_at timestamp with time zone, first_at timestamp with time zone, last_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, market_ticker text, clock bigint, side text, price numeric, size_delta numeric, occurrence integer, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.deltas_during(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, market_ticker text, clock bigint, side text, price numeric, size_delta numeric, occurrence integer, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.last_snapshot(wanted_ticker text, wanted_at timestamp with time zone) RETURNS SETOF market_data.hot_orderbook_snapshots
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION market_data.last_snapshot_during(wanted_ticker text, from_day timestamp with time zone, from_at timestamp with time zone, wanted_at timestamp with time zone) RETURNS SETOF market_data.hot_orderbook_snapshots
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.rebuilt_book(base market_data.hot_orderbook_snapshots, wanted_at timestamp with time zone, first_at timestamp with time zone, last_at timestamp with time zone) RETURNS TABLE(clock bigint, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], snapshot_at timestamp with time zone, last_change_at timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.snapshot_levels(base market_data.hot_orderbook_snapshots) RETURNS TABLE(side text, price numeric, size numeric)
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION market_data.snapshots_during(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(received_at timestamp with time zone, market_ticker text, market_id text, clock bigint, levels_sha256 bytea, occurrence integer, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint, last_change_at timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.snapshots_of(wanted_ticker text, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(received_at timestamp with time zone, market_ticker text, market_id text, clock bigint, levels_sha256 bytea, occurrence integer, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint, last_change_at timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.tickers_during(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, market_ticker text, values_sha256 bytea, market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.tickers_of(wanted_ticker text, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, market_ticker text, values_sha256 bytea, market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.trades_during(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, trade_id text, market_ticker text, yes_price numeric, no_price numeric, size numeric, taker_side text, is_block_trade boolean, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.trades_of(wanted_ticker text, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, trade_id text, market_ticker text, yes_price numeric, no_price numeric, size numeric, taker_side text, is_block_trade boolean, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE TABLE market_data.packed_orderbook_deltas (
    hour timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    row_count integer NOT NULL,
    time_digits smallint,
    price_scale smallint NOT NULL,
    size_scale smallint NOT NULL,
    lowest_clock bigint NOT NULL,
    shortest_delay integer NOT NULL,
    gatherer_id smallint NOT NULL,
    moments integer[] NOT NULL,
    clock_steps integer[],
    prices smallint[] NOT NULL,
    sizes integer[] NOT NULL,
    low_delays smallint[] NOT NULL,
    high_delays smallint[],
    occurrences integer[],
    gatherer_ids smallint[],
    exact_rows jsonb
);
CREATE FUNCTION market_data.unpacked_deltas(packed market_data.packed_orderbook_deltas, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(exchange_ts timestamp with time zone, market_ticker text, clock bigint, side text, price numeric, size_delta numeric, occurrence integer, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql STABLE;
CREATE TABLE market_data.packed_orderbook_snapshots (
    day timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    row_count integer NOT NULL,
    market_id text NOT NULL,
    price_scale smallint NOT NULL,
    size_scale smallint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    times timestamp with time zone[] NOT NULL,
    clocks bigint[] NOT NULL,
    digests bytea[] NOT NULL,
    occurrences integer[],
    last_changes timestamp with time zone[],
    gatherer_ids smallint[],
    yes_ends integer[] NOT NULL,
    no_ends integer[] NOT NULL,
    prices smallint[] NOT NULL,
    sizes integer[] NOT NULL,
    exact_rows jsonb
);
CREATE FUNCTION market_data.unpacked_snapshot(packed market_data.packed_orderbook_snapshots, wanted_at timestamp with time zone) RETURNS SETOF market_data.hot_orderbook_snapshots
    LANGUAGE sql STABLE;
CREATE FUNCTION market_data.unscaled(units integer[], scale smallint) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.accepted_range(late_days_max integer) RETURNS tstzrange
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.active_minutes(wanted_stream text, wanted_ticker text, minutes tstzmultirange) RETURNS tstzmultirange
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION ops.add_held_evidence() RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.advance_arbitration(deltas_one_in integer, hours_max integer DEFAULT 24) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.advance_minutes(minutes_max integer DEFAULT 60, markets_max integer DEFAULT 2000, settled_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(classified_until timestamp with time zone, rows_new bigint, rows_rewritten bigint)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.agreed_payload(one jsonb, other jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE;
CREATE FUNCTION ops.arbitrate_hours(began timestamp with time zone, ended timestamp with time zone, deltas_one_in integer) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.are_amounts(list numeric[], digits integer, places integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.are_apart(held_seen timestamp with time zone, held_received timestamp with time zone, held_gatherer smallint, seen timestamp with time zone, received timestamp with time zone, connected timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.believed_times() RETURNS tstzrange
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.book_checks_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) RETURNS TABLE(market_ticker text, from_at timestamp with time zone, to_at timestamp with time zone, kind text, gatherer_id smallint, is_proven boolean, wrong_levels integer, from_clock bigint, to_clock bigint)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.book_checks_touched(wanted_ticker text, wanted tstzrange, margin interval) RETURNS TABLE(place tid)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.book_levels(yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[]) RETURNS TABLE(side text, price numeric, size numeric)
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.books_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) RETURNS TABLE(at timestamp with time zone, market_ticker text, clock bigint, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], snapshot_at timestamp with time zone, last_change_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION ops.bounded_tables() RETURNS TABLE(target text, moment text, kept_as text, archived_as text[])
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.check_books(snapshots_max integer DEFAULT 1000) RETURNS TABLE(checked bigint, proven bigint, is_behind boolean)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION ops.classified_streams() RETURNS TABLE(stream text, channel text, is_by_market boolean)
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.classify_minutes(wanted_stream text, tickers text[], from_times timestamp with time zone[], until_times timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET "TimeZone" TO 'UTC';
CREATE FUNCTION ops.classify_new_minutes(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.compare_archived_rows(target regclass, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(only_archived bigint, only_production bigint, archived_row jsonb, production_row jsonb)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.compare_book(wanted_ticker text, wanted_at timestamp with time zone, wanted_clock bigint, wanted_sha256 bytea, margin interval) RETURNS TABLE(from_at timestamp with time zone, from_clock bigint, delta_count bigint, level_count integer, wrong_level_count integer, difference jsonb)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION ops.control_totals(target regclass, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(gatherer_id smallint, row_count bigint, first_at timestamp with time zone, last_at timestamp with time zone, sums jsonb)
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION ops.count_changes(wanted_ticker text, after_at timestamp with time zone, before_at timestamp with time zone, first_at timestamp with time zone, last_at timestamp with time zone) RETURNS TABLE(surely bigint, perhaps bigint)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.count_line_changes(counts_max integer DEFAULT 1000) RETURNS TABLE(counted bigint, agreed bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan';
CREATE TABLE ops.line_counts (
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    from_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    frame_number bigint NOT NULL,
    run_from_at timestamp with time zone NOT NULL,
    run_frame bigint NOT NULL,
    until_at timestamp with time zone NOT NULL,
    from_change_at timestamp with time zone NOT NULL,
    until_change_at timestamp with time zone NOT NULL,
    inner_count bigint NOT NULL,
    held_count bigint,
    held_count_max bigint,
    counts_agree boolean,
    attempts smallint DEFAULT 0 NOT NULL,
    is_finding boolean GENERATED ALWAYS AS ((attempts >= 3)) STORED NOT NULL,
    checked_at timestamp with time zone,
    check_again_at timestamp with time zone
);
CREATE FUNCTION ops.counted_time(counted ops.line_counts) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.coverage(wanted_ticker text, wanted tstzrange) RETURNS TABLE(channel text, gatherer_id smallint, covered tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.coverage_by_gatherer(wanted_channel text, wanted_ticker text, wanted tstzrange) RETURNS TABLE(gatherer_id smallint, covered tstzmultirange, missed tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.coverage_by_gatherer_during(wanted tstzrange) RETURNS TABLE(channel text, market_ticker text, gatherer_id smallint, covered tstzmultirange, missed tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.coverage_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) RETURNS TABLE(stream text, market_ticker text, from_at timestamp with time zone, to_at timestamp with time zone, state text)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.coverage_spans(wanted_channel text, wanted_ticker text, wanted tstzrange) RETURNS TABLE(gatherer_id smallint, connection_id bigint, sid integer, began_at timestamp with time zone, during tstzrange, ended_at timestamp with time zone, end_reason text)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.coverage_spans_during(wanted tstzrange) RETURNS TABLE(channel text, market_ticker text, gatherer_id smallint, connection_id bigint, sid integer, began_at timestamp with time zone, during tstzrange, ended_at timestamp with time zone, end_reason text)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.create_archived_rows(target regclass) RETURNS SETOF name
    LANGUAGE plpgsql;
CREATE FUNCTION ops.create_evidence_tables() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.create_packing_tables() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.create_ticker_tables() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.delete_old_rows(days_min jsonb, rows_max integer) RETURNS TABLE(target text, deleted_rows bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC';
CREATE FUNCTION ops.derived_streams() RETURNS TABLE(stream text, follows text, length interval)
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.drop_archived_partitions(wanted_stream text, days_min integer, partitions_max integer DEFAULT 10) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.drop_for_space(streams text[], bytes_max bigint) RETURNS TABLE(stream text, partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.drop_packed_partitions(wanted_stream text DEFAULT NULL::text, partitions_max integer DEFAULT 10) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.drop_plain_neighbourhoods() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.drop_stream_partitions(wanted_stream text, older_than timestamp with time zone, verified tstzmultirange, partitions_max integer) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.droppable_bytes(streams text[]) RETURNS bigint
    LANGUAGE sql;
CREATE FUNCTION ops.droppable_partitions(streams text[]) RETURNS TABLE(stream text, partition_name text, during tstzrange)
    LANGUAGE sql;
CREATE FUNCTION ops.due_books(from_at timestamp with time zone, until_at timestamp with time zone, late_tickers text[], late_times tstzrange[], repeats_max integer) RETURNS TABLE(market_ticker text, received_at timestamp with time zone, clock bigint, levels_sha256 bytea)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.end_determined_markets(tickers text[], since timestamp with time zone) RETURNS bigint
    LANGUAGE sql;
CREATE FUNCTION ops.end_steady_states(wanted_stream text, tickers text[], moment timestamp with time zone) RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.evidence(wanted_stream text, wanted_ticker text, wanted tstzrange) RETURNS TABLE(kind text, gatherer_id smallint, during tstzrange, detail jsonb)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.find_held_changes(unit interval, slack interval) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION ops.find_lifecycle_copy(subject text, kind text, seen timestamp with time zone, received timestamp with time zone, gatherer smallint, body jsonb, number integer, earlier timestamp with time zone[], connected timestamp with time zone) RETURNS TABLE(seen_at timestamp with time zone, payload jsonb, payload_sha256 bytea, occurrence integer, gatherer_id smallint, joined jsonb)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.find_packable_tickers(wanted_hour timestamp with time zone, first_ticker text, rows_max integer) RETURNS TABLE(part oid, place tid, market_ticker text, exchange_ts timestamp with time zone, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint, market_id text, scales smallint[], moment_digits smallint, moment bigint, units bigint[], lowest bigint[], is_plain boolean, exact_row jsonb)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.find_packed_deltas(hours timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.find_packed_snapshots(days timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.find_packed_tickers(hours timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.find_packed_trades(days timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.find_ranges(unit interval) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.find_received_tickers() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.find_staged_evidence(mixed_hours timestamp with time zone[]) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.find_stored_evidence(unit interval, reach interval) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION ops.find_ticker_groups(mixed timestamp with time zone[]) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.free_lifecycle_number(subject text, kind text, seen timestamp with time zone, body jsonb, number integer) RETURNS integer
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.gap_repairs(wanted_ticker text, wanted tstzrange) RETURNS TABLE(channel text, gatherer_id smallint, missed tstzrange, received_by smallint[], fetched_by smallint[], lost tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.gaps_backfilled(wanted_channel text, wanted tstzrange) RETURNS TABLE(gatherer_id smallint, during tstzrange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.halted_minutes(wanted_ticker text, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.hour_lock(wanted_hour timestamp with time zone, period interval) RETURNS integer
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.hours_to_archive(wanted_stream text, until_at timestamp with time zone) RETURNS TABLE(hour timestamp with time zone)
    LANGUAGE sql STABLE
    SET "TimeZone" TO 'UTC';
CREATE FUNCTION ops.hours_to_pack(hours_after integer, needs_archive boolean) RETURNS TABLE(stream text, hour timestamp with time zone, due_since timestamp with time zone, failed_attempts integer, retry_at timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.incidents_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) RETURNS TABLE(market_ticker text, stream text, from_at timestamp with time zone, to_at timestamp with time zone, kind text, gatherer_id smallint, reason text, repair text, repaired_by text, repaired_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.is_amount(value numeric, digits integer, places integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.is_connected_from(from_at timestamp with time zone, gatherer smallint, until_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.is_derivable(derived_stream text, wanted_hour timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.is_in_production(wanted_stream text, wanted_hour timestamp with time zone, written_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.is_listed(listing text) RETURNS boolean
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.is_sampled(row_at timestamp with time zone, one_in integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.join_payloads(payloads jsonb[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.join_rows(richest jsonb[]) RETURNS jsonb[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.join_tickers() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.known_time(sent timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.levels_scale(amounts numeric[], units_max integer) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.line_proofs(wanted_ticker text, wanted tstzrange) RETURNS TABLE(proven tstzmultirange, lost tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.lock_hours(wanted_stream text, hours timestamp with time zone[]) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql;
CREATE FUNCTION ops.maintenance_during(wanted tstzrange) RETURNS tstzmultirange
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.mark_books(touched tstzmultirange) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.mark_derived(derived_stream text, touched timestamp with time zone[]) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.mark_due_hours() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.mark_first_connection() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.mark_judged_hours(from_times timestamp with time zone[], until_times timestamp with time zone[]) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.mark_late_books() RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.mark_settlements(tickers text[]) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.market_day(wanted_stream text, wanted_ticker text, wanted_day date) RETURNS TABLE(market_ticker text, proven tstzmultirange, covered tstzmultirange, repaired tstzmultirange, gap tstzmultirange, idle tstzmultirange, halted tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.markets_of_changed_lines(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(stream text, market_ticker text)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.matched_snapshots() RETURNS TABLE(received_at timestamp with time zone, market_ticker text, market_id text, clock bigint, levels_sha256 bytea, occurrence integer, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint, last_change_at timestamp with time zone, began_at timestamp with time zone, ended_at timestamp with time zone, known_at timestamp with time zone)
    LANGUAGE sql;
CREATE FUNCTION ops.matched_trades() RETURNS TABLE(exchange_ts timestamp with time zone, trade_id text, market_ticker text, yes_price numeric, no_price numeric, size numeric, taker_side text, is_block_trade boolean, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint, known_ts timestamp with time zone, side text, is_block boolean, is_finer boolean)
    LANGUAGE sql;
CREATE FUNCTION ops.merge_lifecycle_events() RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows integer)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.merge_mixed_deltas() RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows bigint, places tid[])
    LANGUAGE plpgsql;
CREATE FUNCTION ops.merge_mixed_tickers(mixed timestamp with time zone[]) RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows bigint)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.merge_tickers() RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows bigint)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.merge_undated_tickers() RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows bigint)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.merged_table(wanted_stream text) RETURNS regclass
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.merged_until(wanted_stream text, gatherers integer[]) RETURNS timestamp with time zone
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.minute_count(times tstzmultirange) RETURNS bigint
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.minute_evidence(wanted_stream text, tickers text[], from_times timestamp with time zone[], until_times timestamp with time zone[]) RETURNS TABLE(is_by_market boolean, market_ticker text, during tstzrange, expected_times tstzmultirange, expected tstzmultirange, missed tstzmultirange, backfilled tstzmultirange, proven_by_line tstzmultirange, proven_by_check tstzmultirange, wrong tstzmultirange, uncovered tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.minutes_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone, wanted_ticker text DEFAULT NULL::text) RETURNS TABLE(stream text, market_ticker text, proven tstzmultirange, covered tstzmultirange, repaired tstzmultirange, gap tstzmultirange, idle tstzmultirange, halted tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.misfit_expression(target regclass, source regclass) RETURNS text
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.missed_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) RETURNS TABLE(stream text, market_ticker text, during tstzrange, gatherer_id smallint, reason text, repair text, repaired_by text, repaired_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_nestloop TO 'off';
CREATE FUNCTION ops.missed_reason(wanted_channel text, wanted_ticker text, wanted_gatherer smallint, moment timestamp with time zone) RETURNS TABLE(reason text)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.mixed_ticker_hours() RETURNS timestamp with time zone[]
    LANGUAGE plpgsql;
CREATE FUNCTION ops.move_trade(known_ts timestamp with time zone, trade_key text, new_ts timestamp with time zone, digits smallint, side text, is_block boolean) RETURNS smallint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.new_line_checks() RETURNS TABLE(gatherer_id smallint, epoch uuid, frame_number bigint, connection_id bigint, sid integer, market_ticker text, from_at timestamp with time zone, until_at timestamp with time zone, from_seq bigint, until_seq bigint, from_clock bigint, until_clock bigint, from_change_at timestamp with time zone, until_change_at timestamp with time zone, change_count bigint, inner_count bigint, level_count integer, is_equal boolean, wrong_level_count integer, difference jsonb, run_from_at timestamp with time zone, run_frame bigint, run_checks bigint, run_changes bigint, run_seq bigint, run_clock bigint, run_change_at timestamp with time zone, is_last boolean)
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION ops.number_evidence(unit interval) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.on_coverage_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_expected_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_first_snapshot() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_gap_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_heartbeat_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_history_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_lifecycle_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.on_market_change() RETURNS trigger
    LANGUAGE plpgsql;
CREATE FUNCTION ops.open_lines() RETURNS TABLE(gatherer_id smallint, epoch uuid, connection_id bigint, known_until timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.ordered_range(one timestamp with time zone, other timestamp with time zone, bounds text DEFAULT '[)'::text) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.owed_range(began_at timestamp with time zone, ended_at timestamp with time zone, end_reason text, next_began_at timestamp with time zone) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.pack_deltas(wanted_hour timestamp with time zone, first_ticker text, rows_max integer) RETURNS TABLE(moved bigint, last_ticker text)
    LANGUAGE sql;
CREATE FUNCTION ops.pack_hour(wanted_stream text, wanted_hour timestamp with time zone, rows_max integer, needs_archive boolean, OUT moved bigint, OUT is_packed boolean) RETURNS record
    LANGUAGE plpgsql;
CREATE FUNCTION ops.pack_next_hour(hours_after integer, rows_max integer, needs_archive boolean) RETURNS TABLE(stream text, hour timestamp with time zone, moved bigint, is_packed boolean, error text, failed_attempts integer)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.pack_snapshots(wanted_day timestamp with time zone, first_ticker text, rows_max integer) RETURNS TABLE(moved bigint, last_ticker text)
    LANGUAGE sql;
CREATE FUNCTION ops.pack_tickers(wanted_hour timestamp with time zone, first_ticker text, rows_max integer) RETURNS TABLE(moved bigint, last_ticker text)
    LANGUAGE sql;
CREATE FUNCTION ops.pack_trades(wanted_day timestamp with time zone, first_ticker text, rows_max integer) RETURNS TABLE(moved bigint, last_ticker text)
    LANGUAGE sql;
CREATE FUNCTION ops.packed_copies() RETURNS SETOF tid
    LANGUAGE plpgsql;
CREATE FUNCTION ops.packed_minutes(wanted_stream text, minutes timestamp with time zone[]) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION ops.packed_streams() RETURNS TABLE(stream text, hot_table regclass, packed_table regclass, time_column name, period interval, slack interval)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.prepare_partitions(time_column name, target regclass) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.quarantine_rows(wanted_stream text, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(moved bigint, reason text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.ready_until(streams text[], whole_streams text[], gatherers integer[], settle_seconds double precision, deadline_seconds double precision) RETURNS TABLE(stream text, until_at timestamp with time zone, length interval)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.reclassify_minutes(until_at timestamp with time zone, markets_max integer) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.record_delta_labels() RETURNS timestamp with time zone[]
    LANGUAGE sql;
CREATE FUNCTION ops.record_derived_drop(derived_stream text, older_than timestamp with time zone) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.record_late_rows(time_column name, merged_stream text, first_hour timestamp with time zone, last_hour timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.record_packing_failure(wanted_stream text, wanted_hour timestamp with time zone, reason text) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.reject_misfits(merged_stream text, target regclass) RETURNS TABLE(gatherer_id smallint, rejected_rows bigint)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.rejection_reason(row_at timestamp with time zone, price_min numeric, price_max numeric, accepted_from timestamp with time zone, accepted_until timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.rejection_reason_of_book(row_at timestamp with time zone, prices numeric[], accepted_from timestamp with time zone, accepted_until timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.renew_steady_states(wanted_stream text, tickers text[], moment timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.replace_changes() RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows bigint)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan';
CREATE FUNCTION ops.replace_tickers() RETURNS TABLE(gatherer_id smallint, touched_hour timestamp with time zone, new_rows bigint)
    LANGUAGE sql;
CREATE FUNCTION ops.richest_rows(known jsonb[]) RETURNS jsonb[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.rows_expression(target regclass, time_column name) RETURNS text
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.schedule_rechecks(marks_max integer DEFAULT 10000) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.settle_changes() RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.settle_evidence() RETURNS TABLE(evidence bigint, clock bigint, change_count integer, is_exact boolean)
    LANGUAGE plpgsql;
CREATE FUNCTION ops.settled_until() RETURNS timestamp with time zone
    LANGUAGE sql;
CREATE FUNCTION ops.settlements_during(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(market_ticker text, seen_at timestamp with time zone, result text, yes_value numeric, determined_at timestamp with time zone, settled_at timestamp with time zone, source text)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.spaced_times(times timestamp with time zone[], pause interval) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql IMMUTABLE;
CREATE FUNCTION ops.stage_archived_rows() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.staged_snapshots() RETURNS TABLE(received_at timestamp with time zone, market_ticker text, market_id text, clock bigint, levels_sha256 bytea, occurrence integer, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint, last_change_at timestamp with time zone, began_at timestamp with time zone, ended_at timestamp with time zone)
    LANGUAGE sql;
CREATE FUNCTION ops.staged_trades() RETURNS TABLE(exchange_ts timestamp with time zone, trade_id text, market_ticker text, yes_price numeric, no_price numeric, size numeric, taker_side text, is_block_trade boolean, received_at timestamp with time zone, gatherer_id smallint, time_digits smallint)
    LANGUAGE sql;
CREATE FUNCTION ops.steady_state(wanted_channel text, wanted_ticker text, moment timestamp with time zone) RETURNS TABLE(state text, check_at timestamp with time zone)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.store_evidence() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.store_ticker_evidence() RETURNS void
    LANGUAGE plpgsql;
CREATE FUNCTION ops.sum_up_minutes(of_day date, cells integer) RETURNS void
    LANGUAGE sql;
CREATE FUNCTION ops.take_due_minutes(settled_until timestamp with time zone, markets_max integer) RETURNS TABLE(stream text, market_ticker text, from_at timestamp with time zone, until_at timestamp with time zone, is_lasting boolean)
    LANGUAGE sql;
CREATE FUNCTION ops.ticker_digest(time_digits smallint, market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE;
CREATE FUNCTION ops.ticker_labels_of(time_digits smallint, market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.ticker_row(summary jsonb, exchange_ts timestamp with time zone, time_digits smallint) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.ticker_scales(last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint) RETURNS smallint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.ticker_units(last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint, dollar_open_interest bigint) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ops.try_boolean(sent text) RETURNS boolean
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.try_numeric(sent text) RETURNS numeric
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.try_seconds(sent text) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.try_timestamptz(sent text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.unchanged_since_opening(wanted_ticker text, opened_at timestamp with time zone, covered_at timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.uncovered(wanted_ticker text, wanted tstzrange) RETURNS TABLE(channel text, uncovered tstzmultirange)
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.unpack_deltas(hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unpack_evidence(unit interval, slack interval) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unpack_market_hours(wanted_stream text, hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unpack_misfits(wanted_stream text, from_at timestamp with time zone, until_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION ops.unpack_snapshots(days timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unpack_staged_rows(wanted_stream text, first_times timestamp with time zone[], last_times timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unpack_tickers(hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unpack_trades(days timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.unsteady_markets(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS TABLE(stream text, market_ticker text, is_steady boolean)
    LANGUAGE plpgsql STABLE;
CREATE FUNCTION ops.unverified_since(wanted_stream text) RETURNS timestamp with time zone
    LANGUAGE sql;
CREATE FUNCTION ops.update_expected(since timestamp with time zone, markets_max integer DEFAULT 100000) RETURNS bigint
    LANGUAGE plpgsql;
CREATE FUNCTION ops.update_market_times(tickers text[]) RETURNS bigint
    LANGUAGE sql;
CREATE FUNCTION ops.verified_hours(wanted_stream text, before_at timestamp with time zone) RETURNS tstzmultirange
    LANGUAGE sql;
CREATE FUNCTION ops.whole_minutes(times tstzmultirange) RETURNS tstzmultirange
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.window_begins_at(exchange_ts timestamp with time zone, time_digits smallint, began_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.window_ends_at(exchange_ts timestamp with time zone, time_digits smallint) RETURNS timestamp with time zone
    LANGUAGE sql STABLE;
CREATE FUNCTION ops.within_hour(from_at timestamp with time zone, until_at timestamp with time zone) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE;
CREATE FUNCTION ops.worst_states(gap tstzmultirange, repaired tstzmultirange, covered tstzmultirange, proven tstzmultirange, halted tstzmultirange, idle tstzmultirange, of_day date, cells integer) RETURNS jsonb
    LANGUAGE sql STABLE;
CREATE FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange DEFAULT '{(,)}'::tstzmultirange, partitions_max integer DEFAULT 100) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '2s';
CREATE FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp';
CREATE FUNCTION timeseries.list_partitions(target regclass) RETURNS TABLE(partition_name text, during tstzrange)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO';
CREATE FUNCTION timeseries.make_time_series(target regclass, time_column name, partition_interval interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp';
CREATE TABLE ops.book_checks (
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    until_at timestamp with time zone NOT NULL,
    until_clock bigint NOT NULL,
    until_sha256 bytea NOT NULL,
    from_at timestamp with time zone NOT NULL,
    from_clock bigint NOT NULL,
    is_proven boolean NOT NULL,
    delta_count bigint NOT NULL,
    level_count integer NOT NULL,
    wrong_level_count integer NOT NULL,
    difference jsonb,
    attempts smallint DEFAULT 1 NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    check_again_at timestamp with time zone
);
CREATE TABLE ops.line_checks (
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    from_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    frame_number bigint NOT NULL,
    until_frame bigint NOT NULL,
    until_at timestamp with time zone NOT NULL,
    from_seq bigint,
    until_seq bigint,
    from_clock bigint NOT NULL,
    until_clock bigint NOT NULL,
    from_change_at timestamp with time zone,
    until_change_at timestamp with time zone,
    check_count bigint NOT NULL,
    change_count bigint NOT NULL,
    level_count integer NOT NULL,
    is_equal boolean NOT NULL,
    wrong_level_count integer NOT NULL,
    difference jsonb,
    counted_checks bigint DEFAULT 0 NOT NULL,
    counted_changes bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='80');
CREATE VIEW market_data.book_checks;
CREATE TABLE ops.expected (
    channel text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    began_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone,
    dropped_at timestamp with time zone,
    closed_at timestamp with time zone,
    determined_at timestamp with time zone,
    during tstzrange GENERATED ALWAYS AS (tstzrange(LEAST(began_at, opened_at),
CASE
    WHEN (COALESCE(dropped_at, closed_at, determined_at) IS NOT NULL) THEN GREATEST(LEAST(began_at, opened_at), LEAST(dropped_at, (((LEAST(closed_at, determined_at) AT TIME ZONE 'UTC'::text) + '00:00:30'::interval) AT TIME ZONE 'UTC'::text)))
    ELSE NULL::timestamp with time zone
END)) STORED NOT NULL
);
CREATE VIEW market_data.books;
CREATE TABLE ops.classified_minutes (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    day date NOT NULL,
    proven tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    proven_by_line tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    proven_by_check tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    covered tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    repaired tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    gap tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    idle tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    classified_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.steady_states (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    since timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    state text NOT NULL,
    check_at timestamp with time zone,
    CONSTRAINT steady_states_check CHECK ((ended_at > since)),
    CONSTRAINT steady_states_state_check CHECK ((state = ANY (ARRAY['idle'::text, 'repaired'::text, 'gap'::text])))
);
CREATE TABLE ops.watermarks (
    name text NOT NULL,
    moment timestamp with time zone NOT NULL
);
CREATE VIEW ops.steady_minutes;
CREATE VIEW ops.market_minutes;
CREATE VIEW market_data.coverage;
CREATE VIEW market_data.deltas_unpacked;
CREATE TABLE market_data.events (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body_sha256 bytea NOT NULL,
    series_ticker text COLLATE pg_catalog."C",
    title text,
    sub_title text,
    mutually_exclusive boolean,
    strike_date timestamp with time zone,
    strike_period text,
    body jsonb NOT NULL
);
CREATE TABLE market_data.events_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    body_sha256 bytea NOT NULL,
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    last_fetched_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    gatherer_id smallint NOT NULL
);
CREATE VIEW market_data.events_versions;
CREATE TABLE market_data.exchange_status (
    gatherer_id smallint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    exchange_index integer,
    exchange_active boolean,
    trading_active boolean,
    resumes_at timestamp with time zone,
    begins_at timestamp with time zone,
    ends_at timestamp with time zone,
    body jsonb NOT NULL,
    body_sha256 bytea NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone NOT NULL
);
CREATE TABLE market_data.hot_orderbook_deltas (
    exchange_ts timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    clock bigint NOT NULL,
    side text NOT NULL,
    price numeric NOT NULL,
    size_delta numeric NOT NULL,
    occurrence integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    time_digits smallint,
    CONSTRAINT hot_orderbook_deltas_side_check CHECK ((side = ANY (ARRAY['yes'::text, 'no'::text]))),
    CONSTRAINT hot_orderbook_deltas_time_digits_check CHECK ((time_digits = ANY (ARRAY[0, 3, 6])))
);
CREATE TABLE market_data.hot_tickers (
    exchange_ts timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    values_sha256 bytea NOT NULL,
    market_id text,
    last_price numeric,
    yes_bid numeric,
    yes_ask numeric,
    yes_bid_size numeric,
    yes_ask_size numeric,
    last_trade_size numeric,
    volume numeric,
    open_interest numeric,
    dollar_volume bigint,
    dollar_open_interest bigint,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    time_digits smallint
);
CREATE TABLE market_data.hot_trades (
    exchange_ts timestamp with time zone NOT NULL,
    trade_id text NOT NULL COLLATE pg_catalog."C",
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    yes_price numeric NOT NULL,
    no_price numeric NOT NULL,
    size numeric NOT NULL,
    taker_side text,
    is_block_trade boolean,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    time_digits smallint,
    CONSTRAINT hot_trades_taker_side_check CHECK ((taker_side = ANY (ARRAY['yes'::text, 'no'::text])))
);
CREATE VIEW market_data.incidents;
CREATE TABLE market_data.index_values (
    source_ts timestamp with time zone NOT NULL,
    index_id text NOT NULL COLLATE pg_catalog."C",
    published_at timestamp with time zone NOT NULL,
    value numeric NOT NULL,
    average_60s numeric,
    average_15min numeric,
    payload jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL
);
CREATE TABLE market_data.lifecycle_events (
    seen_at timestamp with time zone NOT NULL,
    subject_ticker text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    payload_sha256 bytea NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    occurrence integer DEFAULT 0 NOT NULL
);
CREATE TABLE market_data.markets (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body_sha256 bytea NOT NULL,
    event_ticker text COLLATE pg_catalog."C",
    market_type text,
    title text,
    yes_sub_title text,
    no_sub_title text,
    status text,
    result text,
    open_time timestamp with time zone,
    close_time timestamp with time zone,
    settlement_ts timestamp with time zone,
    body jsonb NOT NULL
);
CREATE TABLE market_data.series (
    ticker text NOT NULL COLLATE pg_catalog."C",
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    body_sha256 bytea NOT NULL,
    title text,
    category text,
    frequency text,
    fee_type text,
    body jsonb NOT NULL
);
CREATE VIEW market_data.markets_described;
CREATE TABLE market_data.markets_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    body_sha256 bytea NOT NULL,
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    last_fetched_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    gatherer_id smallint NOT NULL
);
CREATE VIEW market_data.markets_versions;
CREATE VIEW ops.completeness;
CREATE VIEW market_data.minute_states;
CREATE VIEW market_data.order_book_now;
CREATE VIEW market_data.orderbook_deltas;
CREATE VIEW market_data.snapshots_unpacked;
CREATE VIEW market_data.orderbook_snapshots;
CREATE TABLE market_data.packed_tickers (
    hour timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    row_count integer NOT NULL,
    time_digits smallint,
    market_id text,
    scales smallint[] NOT NULL,
    lowest bigint[] NOT NULL,
    moment_digits smallint NOT NULL,
    shortest_delay integer NOT NULL,
    gatherer_id smallint NOT NULL,
    low_moments smallint[] NOT NULL,
    high_moments smallint[] NOT NULL,
    low_delays smallint[] NOT NULL,
    high_delays smallint[],
    last_prices smallint[],
    yes_bids smallint[],
    yes_asks smallint[],
    yes_bid_sizes integer[],
    yes_ask_sizes integer[],
    last_trade_sizes integer[],
    volume_steps integer[],
    open_interest_steps integer[],
    dollar_volume_steps integer[],
    dollar_open_interest_steps integer[],
    gatherer_ids smallint[],
    exact_rows jsonb
);
CREATE TABLE market_data.packed_trades (
    day timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    row_count integer NOT NULL,
    time_digits smallint,
    is_block_trade boolean,
    has_taker_side boolean NOT NULL,
    price_scale smallint NOT NULL,
    size_scale smallint NOT NULL,
    gatherer_id smallint NOT NULL,
    trade_ids uuid[] NOT NULL,
    moments integer[] NOT NULL,
    microseconds smallint[],
    prices smallint[] NOT NULL,
    sizes integer[] NOT NULL,
    delays bigint[] NOT NULL,
    gatherer_ids smallint[],
    exact_rows jsonb
);
CREATE TABLE market_data.series_history (
    ticker text NOT NULL COLLATE pg_catalog."C",
    body_sha256 bytea NOT NULL,
    updated_time timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    last_fetched_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    gatherer_id smallint NOT NULL
);
CREATE VIEW market_data.series_versions;
CREATE VIEW ops.announced_outcomes;
CREATE VIEW market_data.settlements;
CREATE VIEW market_data.tickers_unpacked;
CREATE VIEW market_data.tickers;
CREATE VIEW market_data.top_of_book;
CREATE VIEW market_data.trades_unpacked;
CREATE VIEW market_data.trades;
CREATE TABLE ops.arbitration (
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL,
    sampled_one_in integer NOT NULL,
    rows_sampled bigint NOT NULL,
    rows_seen bigint NOT NULL,
    rows_unique bigint NOT NULL,
    rows_first bigint NOT NULL,
    rows_missed bigint NOT NULL,
    skew_ms_p50 numeric,
    skew_ms_p95 numeric,
    skew_ms_p99 numeric,
    lag_ms_p50 numeric,
    lag_ms_p99 numeric,
    computed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.archive_partitions (
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    touched_at timestamp with time zone DEFAULT now() NOT NULL,
    claimed_at timestamp with time zone,
    object_key text,
    schema_version integer,
    row_count bigint,
    byte_count bigint,
    sha256 bytea,
    written_sha256 bytea,
    etag text,
    watermarks jsonb,
    gatherer_rows jsonb,
    exported_at timestamp with time zone,
    verified_at timestamp with time zone,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    sums jsonb,
    failures integer DEFAULT 0 NOT NULL,
    error text,
    retry_at timestamp with time zone,
    restored_at timestamp with time zone,
    CONSTRAINT archive_partitions_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'exporting'::text, 'exported'::text, 'verified'::text])))
);
CREATE TABLE ops.backups (
    kind text NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    CONSTRAINT backups_kind_check CHECK ((kind = ANY (ARRAY['full'::text, 'diff'::text])))
);
CREATE TABLE ops.connections (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    use_yes_price boolean NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    close_reason text,
    frames_received bigint,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL
);
CREATE TABLE ops.cursors (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    stream text NOT NULL,
    shard text DEFAULT '1/1'::text NOT NULL,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL,
    rows_polled bigint DEFAULT 0 NOT NULL,
    rows_new bigint DEFAULT 0 NOT NULL,
    rows_duplicate bigint DEFAULT 0 NOT NULL,
    rows_rejected bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.deduplicators (
    shard text NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    status jsonb NOT NULL
);
CREATE TABLE ops.delta_evidence (
    exchange_ts timestamp with time zone NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    side text NOT NULL,
    price numeric NOT NULL,
    size_delta numeric NOT NULL,
    clock bigint NOT NULL,
    time_digits smallint NOT NULL,
    began_at timestamp with time zone NOT NULL,
    change_count integer NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL
);
CREATE TABLE ops.delta_labels (
    hour timestamp with time zone NOT NULL,
    time_digits smallint NOT NULL,
    has_clock boolean NOT NULL
);
CREATE TABLE ops.dropped_partitions (
    stream text NOT NULL,
    during tstzrange NOT NULL,
    dropped_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.expected_due (
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.gaps (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    frame_number bigint NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    channel text NOT NULL,
    seq_expected bigint NOT NULL,
    seq_received bigint NOT NULL,
    began_at timestamp with time zone NOT NULL,
    detected_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    repair text,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL
);
CREATE TABLE ops.heartbeats (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone NOT NULL,
    status jsonb NOT NULL
);
CREATE TABLE ops.hour_locks (
    number integer NOT NULL,
    CONSTRAINT hour_locks_number_check CHECK (((number >= 0) AND (number <= 511)))
);
CREATE TABLE ops.lags (
    gatherer_id smallint NOT NULL,
    stream text NOT NULL,
    shard text NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    rows_waiting bigint,
    lag_seconds double precision,
    rows_held bigint,
    cause text,
    rows_per_second double precision,
    error text
);
CREATE TABLE ops.late_rows (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    during tstzrange NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.lock_sessions (
    name text NOT NULL,
    holder uuid NOT NULL,
    pid integer NOT NULL,
    session_started_at timestamp with time zone NOT NULL
);
CREATE TABLE ops.locks (
    name text NOT NULL,
    holder uuid NOT NULL,
    role_name name NOT NULL,
    pid integer,
    session_started_at timestamp with time zone,
    silence_max interval,
    taken_at timestamp with time zone NOT NULL
);
CREATE TABLE ops.lost_lines (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    lost_at timestamp with time zone NOT NULL
);
CREATE TABLE ops.market_minutes_due (
    stream text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    during tstzrange NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE VIEW ops.markets_with_gaps;
CREATE TABLE ops.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.packed_hours (
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    next_ticker text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    packed_rows bigint DEFAULT 0 NOT NULL,
    packed_at timestamp with time zone,
    unpackings integer DEFAULT 0 NOT NULL,
    pack_after timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);
CREATE TABLE ops.packing_failures (
    stream text NOT NULL,
    hour timestamp with time zone NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    failed_at timestamp with time zone DEFAULT now() NOT NULL,
    retry_at timestamp with time zone NOT NULL,
    error text NOT NULL
);
CREATE TABLE ops.rejected_rows (
    rejected_at timestamp with time zone DEFAULT now() NOT NULL,
    stream text NOT NULL,
    gatherer_id smallint NOT NULL,
    ingest_xid xid8 NOT NULL,
    reason text NOT NULL,
    body jsonb NOT NULL
);
CREATE TABLE ops.replayed_file (
    name text NOT NULL,
    sha256 text NOT NULL,
    replayed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.series_minutes (
    stream text NOT NULL,
    series text NOT NULL COLLATE pg_catalog."C",
    day date NOT NULL,
    markets integer NOT NULL,
    minutes jsonb NOT NULL,
    states jsonb NOT NULL,
    computed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE ops.sightings (
    stream text NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    key_hash bigint NOT NULL,
    gatherer_id smallint NOT NULL,
    received_at timestamp with time zone NOT NULL
);
CREATE TABLE ops.storage_samples (
    sampled_at timestamp with time zone NOT NULL,
    database_bytes bigint NOT NULL,
    kept_bytes bigint NOT NULL
);
CREATE VIEW ops.stream_days;
CREATE TABLE ops.subscriptions (
    gatherer_id smallint NOT NULL,
    epoch uuid NOT NULL,
    connection_id bigint NOT NULL,
    sid integer NOT NULL,
    channel text NOT NULL,
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason text,
    ingest_xid xid8 DEFAULT '0'::xid8 NOT NULL
);
CREATE TABLE ops.ticker_evidence (
    market_ticker text NOT NULL COLLATE pg_catalog."C",
    exchange_ts timestamp with time zone NOT NULL,
    time_digits smallint NOT NULL,
    labels jsonb NOT NULL,
    received_at timestamp with time zone NOT NULL,
    gatherer_id smallint NOT NULL
);
CREATE TABLE ops.ticker_labels (
    hour timestamp with time zone NOT NULL,
    labels integer NOT NULL
);
CREATE TABLE timeseries.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE timeseries.replayed_file (
    name text NOT NULL,
    sha256 text NOT NULL,
    replayed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE timeseries.series (
    target regclass NOT NULL,
    time_column name NOT NULL,
    partition_interval interval NOT NULL,
    CONSTRAINT series_partition_interval_check CHECK ((partition_interval > '00:00:00'::interval))
);
ALTER TABLE ONLY market_data.events_history
    ADD CONSTRAINT events_history_pkey PRIMARY KEY (ticker, body_sha256);
ALTER TABLE ONLY market_data.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY market_data.exchange_status
    ADD CONSTRAINT exchange_status_kind_body_sha256_first_seen_at_key UNIQUE (kind, body_sha256, first_seen_at);
ALTER TABLE ONLY market_data.hot_orderbook_deltas
    ADD CONSTRAINT hot_orderbook_deltas_exchange_ts_market_ticker_clock_side_p_key UNIQUE (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence);
ALTER TABLE ONLY market_data.hot_orderbook_snapshots
    ADD CONSTRAINT hot_orderbook_snapshots_received_at_market_ticker_clock_lev_key UNIQUE (received_at, market_ticker, clock, levels_sha256, occurrence, last_change_at);
ALTER TABLE ONLY market_data.hot_tickers
    ADD CONSTRAINT hot_tickers_exchange_ts_market_ticker_values_sha256_key UNIQUE (exchange_ts, market_ticker, values_sha256);
ALTER TABLE ONLY market_data.hot_trades
    ADD CONSTRAINT hot_trades_exchange_ts_trade_id_key UNIQUE (exchange_ts, trade_id);
ALTER TABLE ONLY market_data.index_values
    ADD CONSTRAINT index_values_source_ts_index_id_key UNIQUE (source_ts, index_id);
ALTER TABLE ONLY market_data.lifecycle_events
    ADD CONSTRAINT lifecycle_events_seen_at_subject_ticker_kind_payload_sha256_key UNIQUE (seen_at, subject_ticker, kind, payload_sha256, occurrence);
ALTER TABLE ONLY market_data.markets_history
    ADD CONSTRAINT markets_history_pkey PRIMARY KEY (ticker, body_sha256);
ALTER TABLE ONLY market_data.markets
    ADD CONSTRAINT markets_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY market_data.series_history
    ADD CONSTRAINT series_history_pkey PRIMARY KEY (ticker, body_sha256);
ALTER TABLE ONLY market_data.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (ticker);
ALTER TABLE ONLY ops.arbitration
    ADD CONSTRAINT arbitration_pkey PRIMARY KEY (stream, hour, gatherer_id);
ALTER TABLE ONLY ops.archive_partitions
    ADD CONSTRAINT archive_partitions_pkey PRIMARY KEY (stream, hour);
ALTER TABLE ONLY ops.backups
    ADD CONSTRAINT backups_pkey PRIMARY KEY (kind);
ALTER TABLE ONLY ops.book_checks
    ADD CONSTRAINT book_checks_pkey PRIMARY KEY (market_ticker, until_at, until_clock, until_sha256);
ALTER TABLE ONLY ops.classified_minutes
    ADD CONSTRAINT classified_minutes_pkey PRIMARY KEY (stream, market_ticker, day);
ALTER TABLE ONLY ops.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (gatherer_id, epoch, connection_id);
ALTER TABLE ONLY ops.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (gatherer_id, epoch, stream, shard);
ALTER TABLE ONLY ops.deduplicators
    ADD CONSTRAINT deduplicators_pkey PRIMARY KEY (shard);
ALTER TABLE ONLY ops.delta_evidence
    ADD CONSTRAINT delta_evidence_exchange_ts_market_ticker_clock_side_price_s_key UNIQUE (exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at);
ALTER TABLE ONLY ops.delta_labels
    ADD CONSTRAINT delta_labels_pkey PRIMARY KEY (hour, time_digits, has_clock);
ALTER TABLE ONLY ops.dropped_partitions
    ADD CONSTRAINT dropped_partitions_pkey PRIMARY KEY (stream, during);
ALTER TABLE ONLY ops.expected
    ADD CONSTRAINT expected_pkey PRIMARY KEY (channel, market_ticker);
ALTER TABLE ONLY ops.gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (gatherer_id, epoch, frame_number);
ALTER TABLE ONLY ops.heartbeats
    ADD CONSTRAINT heartbeats_pkey PRIMARY KEY (gatherer_id);
ALTER TABLE ONLY ops.hour_locks
    ADD CONSTRAINT hour_locks_pkey PRIMARY KEY (number);
ALTER TABLE ONLY ops.lags
    ADD CONSTRAINT lags_pkey PRIMARY KEY (gatherer_id, stream, shard);
ALTER TABLE ONLY ops.line_checks
    ADD CONSTRAINT line_checks_pkey PRIMARY KEY (market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number);
ALTER TABLE ONLY ops.line_counts
    ADD CONSTRAINT line_counts_pkey PRIMARY KEY (market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number);
ALTER TABLE ONLY ops.lock_sessions
    ADD CONSTRAINT lock_sessions_pkey PRIMARY KEY (pid, session_started_at);
ALTER TABLE ONLY ops.locks
    ADD CONSTRAINT locks_pkey PRIMARY KEY (name);
ALTER TABLE ONLY ops.lost_lines
    ADD CONSTRAINT lost_lines_pkey PRIMARY KEY (gatherer_id, epoch, connection_id);
ALTER TABLE ONLY ops.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY ops.packed_hours
    ADD CONSTRAINT packed_hours_pkey PRIMARY KEY (stream, hour);
ALTER TABLE ONLY ops.packing_failures
    ADD CONSTRAINT packing_failures_pkey PRIMARY KEY (stream, hour);
ALTER TABLE ONLY ops.replayed_file
    ADD CONSTRAINT replayed_file_pkey PRIMARY KEY (name);
ALTER TABLE ONLY ops.series_minutes
    ADD CONSTRAINT series_minutes_pkey PRIMARY KEY (day, stream, series);
ALTER TABLE ONLY ops.sightings
    ADD CONSTRAINT sightings_pkey PRIMARY KEY (stream, seen_at, key_hash, gatherer_id);
ALTER TABLE ONLY ops.steady_states
    ADD CONSTRAINT steady_states_pkey PRIMARY KEY (stream, market_ticker, since);
ALTER TABLE ONLY ops.storage_samples
    ADD CONSTRAINT storage_samples_pkey PRIMARY KEY (sampled_at);
ALTER TABLE ONLY ops.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (gatherer_id, epoch, connection_id, sid, market_ticker, began_at);
ALTER TABLE ONLY ops.ticker_labels
    ADD CONSTRAINT ticker_labels_pkey PRIMARY KEY (hour, labels);
ALTER TABLE ONLY ops.watermarks
    ADD CONSTRAINT watermarks_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.replayed_file
    ADD CONSTRAINT replayed_file_pkey PRIMARY KEY (name);
ALTER TABLE ONLY timeseries.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (target);
CREATE INDEX events_history_fetched_at_idx ON market_data.events_history USING btree (fetched_at);
CREATE INDEX events_series_ticker_idx ON market_data.events USING btree (series_ticker);
CREATE INDEX exchange_status_first_seen_at_idx ON market_data.exchange_status USING btree (first_seen_at);
CREATE INDEX hot_orderbook_deltas_market_ticker_exchange_ts_idx ON market_data.hot_orderbook_deltas USING btree (market_ticker, exchange_ts);
CREATE INDEX hot_orderbook_snapshots_market_ticker_received_at_idx ON market_data.hot_orderbook_snapshots USING btree (market_ticker, received_at);
CREATE INDEX hot_tickers_market_ticker_exchange_ts_idx ON market_data.hot_tickers USING btree (market_ticker, exchange_ts);
CREATE INDEX hot_trades_market_ticker_exchange_ts_idx ON market_data.hot_trades USING btree (market_ticker, exchange_ts);
CREATE INDEX index_values_index_id_source_ts_idx ON market_data.index_values USING btree (index_id, source_ts);
CREATE INDEX lifecycle_events_subject_ticker_seen_at_idx ON market_data.lifecycle_events USING btree (subject_ticker, seen_at);
CREATE INDEX markets_event_ticker_idx ON market_data.markets USING btree (event_ticker);
CREATE INDEX markets_history_fetched_at_idx ON market_data.markets_history USING btree (fetched_at);
CREATE INDEX packed_orderbook_deltas_market_ticker_hour_idx ON market_data.packed_orderbook_deltas USING btree (market_ticker, hour);
CREATE INDEX packed_orderbook_snapshots_market_ticker_day_idx ON market_data.packed_orderbook_snapshots USING btree (market_ticker, day);
CREATE INDEX packed_tickers_market_ticker_hour_idx ON market_data.packed_tickers USING btree (market_ticker, hour);
CREATE INDEX packed_trades_market_ticker_day_idx ON market_data.packed_trades USING btree (market_ticker, day);
CREATE INDEX series_history_fetched_at_idx ON market_data.series_history USING btree (fetched_at);
CREATE INDEX archive_partitions_hour_idx ON ops.archive_partitions USING btree (hour) WHERE (state <> 'verified'::text);
CREATE INDEX book_checks_broken ON ops.book_checks USING btree (market_ticker, until_at) WHERE (NOT is_proven);
CREATE INDEX book_checks_due ON ops.book_checks USING btree (check_again_at) WHERE (check_again_at IS NOT NULL);
CREATE INDEX book_checks_until_at_idx ON ops.book_checks USING btree (until_at);
CREATE INDEX classified_minutes_day_stream_idx ON ops.classified_minutes USING btree (day, stream);
CREATE INDEX classified_minutes_with_gaps ON ops.classified_minutes USING btree (day) WHERE (gap <> '{}'::tstzmultirange);
CREATE INDEX connections_opened_at_idx ON ops.connections USING btree (opened_at);
CREATE INDEX delta_evidence_market_ticker_side_price_size_delta_exchange_idx ON ops.delta_evidence USING btree (market_ticker, side, price, size_delta, exchange_ts);
CREATE INDEX expected_until ON ops.expected USING btree (COALESCE(upper(during), 'infinity'::timestamp with time zone));
CREATE INDEX gaps_began_at_idx ON ops.gaps USING btree (began_at);
CREATE INDEX line_checks_different ON ops.line_checks USING btree (market_ticker, gatherer_id) WHERE (NOT is_equal);
CREATE INDEX line_checks_from ON ops.line_checks USING btree (from_at);
CREATE INDEX line_counts_due ON ops.line_counts USING btree (check_again_at) WHERE (check_again_at IS NOT NULL);
CREATE INDEX line_counts_from ON ops.line_counts USING btree (from_at);
CREATE INDEX market_minutes_due_stream_market_ticker_idx ON ops.market_minutes_due USING btree (stream, market_ticker);
CREATE INDEX packed_hours_stream_packed_at_idx ON ops.packed_hours USING btree (stream, packed_at);
CREATE INDEX rejected_rows_rejected_at_idx ON ops.rejected_rows USING btree (rejected_at);
CREATE INDEX steady_states_due ON ops.steady_states USING btree (check_at) WHERE (ended_at IS NULL);
CREATE INDEX steady_states_gaps ON ops.steady_states USING btree (since) WHERE (state = 'gap'::text);
CREATE INDEX steady_states_open ON ops.steady_states USING btree (stream, market_ticker) WHERE (ended_at IS NULL);
CREATE INDEX steady_states_since_idx ON ops.steady_states USING btree (since);
CREATE INDEX subscriptions_ended_at_idx ON ops.subscriptions USING btree (ended_at);
CREATE INDEX subscriptions_known_until ON ops.subscriptions USING btree (market_ticker, channel, COALESCE(ended_at, 'infinity'::timestamp with time zone));
CREATE INDEX subscriptions_market_ticker_channel_began_at_idx ON ops.subscriptions USING btree (market_ticker, channel, began_at);
CREATE INDEX subscriptions_open ON ops.subscriptions USING btree (gatherer_id, epoch, connection_id) WHERE (ended_at IS NULL);
CREATE INDEX ticker_evidence_market_ticker_exchange_ts_idx ON ops.ticker_evidence USING btree (market_ticker, exchange_ts);
CREATE TRIGGER on_first_snapshot AFTER INSERT ON market_data.hot_orderbook_snapshots FOR EACH ROW WHEN (((new.clock = 0) AND (new.occurrence = 0) AND (new.yes_prices = '{}'::numeric[]) AND (new.no_prices = '{}'::numeric[]))) EXECUTE FUNCTION ops.on_first_snapshot();
CREATE TRIGGER on_history_insert AFTER INSERT ON market_data.events_history REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_history_change();
CREATE TRIGGER on_history_insert AFTER INSERT ON market_data.markets_history REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_history_change();
CREATE TRIGGER on_history_insert AFTER INSERT ON market_data.series_history REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_history_change();
CREATE TRIGGER on_history_update AFTER UPDATE ON market_data.events_history REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_history_change();
CREATE TRIGGER on_history_update AFTER UPDATE ON market_data.markets_history REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_history_change();
CREATE TRIGGER on_history_update AFTER UPDATE ON market_data.series_history REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_history_change();
CREATE TRIGGER on_lifecycle_change AFTER INSERT OR UPDATE ON market_data.lifecycle_events FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['activated'::text, 'determined'::text, 'settled'::text]))) EXECUTE FUNCTION ops.on_lifecycle_change();
CREATE TRIGGER on_market_insert AFTER INSERT ON market_data.markets REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_market_change();
CREATE TRIGGER on_market_update AFTER UPDATE ON market_data.markets REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_market_change();
CREATE TRIGGER on_coverage_insert AFTER INSERT ON ops.subscriptions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_coverage_change();
CREATE TRIGGER on_coverage_update AFTER UPDATE ON ops.subscriptions REFERENCING OLD TABLE AS previous NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_coverage_change();
CREATE TRIGGER on_due_minutes AFTER INSERT ON ops.market_minutes_due REFERENCING NEW TABLE AS due FOR EACH STATEMENT EXECUTE FUNCTION ops.mark_due_hours();
CREATE TRIGGER on_expected_insert AFTER INSERT ON ops.expected REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_expected_change();
CREATE TRIGGER on_expected_update AFTER UPDATE ON ops.expected REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_expected_change();
CREATE TRIGGER on_gap_insert AFTER INSERT ON ops.gaps REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_gap_change();
CREATE TRIGGER on_gap_update AFTER UPDATE ON ops.gaps REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ops.on_gap_change();
CREATE TRIGGER on_heartbeat_update AFTER UPDATE ON ops.heartbeats FOR EACH ROW WHEN (((new.epoch = old.epoch) AND ((new.beat_at - old.beat_at) > '00:00:30'::interval))) EXECUTE FUNCTION ops.on_heartbeat_change();
GRANT USAGE ON SCHEMA market_data TO deduplicator;
GRANT USAGE ON SCHEMA market_data TO reader;
GRANT USAGE ON SCHEMA market_data TO exporter;
GRANT USAGE ON SCHEMA market_data TO status_page;
GRANT USAGE ON SCHEMA ops TO deduplicator;
GRANT USAGE ON SCHEMA ops TO exporter;
GRANT USAGE ON SCHEMA ops TO status_page;
GRANT USAGE ON SCHEMA timeseries TO deduplicator;
GRANT USAGE ON SCHEMA timeseries TO exporter;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.hot_orderbook_snapshots TO deduplicator;
GRANT SELECT ON TABLE market_data.hot_orderbook_snapshots TO reader;
GRANT SELECT ON TABLE market_data.hot_orderbook_snapshots TO exporter;
GRANT SELECT ON TABLE market_data.hot_orderbook_snapshots TO status_page;
GRANT UPDATE(market_id) ON TABLE market_data.hot_orderbook_snapshots TO deduplicator;
GRANT UPDATE(last_change_at) ON TABLE market_data.hot_orderbook_snapshots TO deduplicator;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.packed_orderbook_deltas TO deduplicator;
GRANT SELECT ON TABLE market_data.packed_orderbook_deltas TO reader;
GRANT SELECT ON TABLE market_data.packed_orderbook_deltas TO exporter;
GRANT SELECT ON TABLE market_data.packed_orderbook_deltas TO status_page;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.packed_orderbook_snapshots TO deduplicator;
GRANT SELECT ON TABLE market_data.packed_orderbook_snapshots TO reader;
GRANT SELECT ON TABLE market_data.packed_orderbook_snapshots TO exporter;
GRANT SELECT ON TABLE market_data.packed_orderbook_snapshots TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.line_counts TO deduplicator;
GRANT SELECT ON TABLE ops.line_counts TO status_page;
REVOKE ALL ON FUNCTION ops.delete_old_rows(days_min jsonb, rows_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.delete_old_rows(days_min jsonb, rows_max integer) TO deduplicator;
REVOKE ALL ON FUNCTION ops.drop_archived_partitions(wanted_stream text, days_min integer, partitions_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.drop_archived_partitions(wanted_stream text, days_min integer, partitions_max integer) TO deduplicator;
REVOKE ALL ON FUNCTION ops.drop_for_space(streams text[], bytes_max bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.drop_for_space(streams text[], bytes_max bigint) TO deduplicator;
REVOKE ALL ON FUNCTION ops.drop_packed_partitions(wanted_stream text, partitions_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.drop_packed_partitions(wanted_stream text, partitions_max integer) TO deduplicator;
REVOKE ALL ON FUNCTION ops.drop_stream_partitions(wanted_stream text, older_than timestamp with time zone, verified tstzmultirange, partitions_max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION ops.incidents_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.incidents_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) TO reader;
GRANT ALL ON FUNCTION ops.incidents_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) TO exporter;
GRANT ALL ON FUNCTION ops.incidents_during(wanted_from timestamp with time zone, wanted_until timestamp with time zone) TO deduplicator;
REVOKE ALL ON FUNCTION ops.quarantine_rows(wanted_stream text, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.quarantine_rows(wanted_stream text, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) TO exporter;
GRANT ALL ON FUNCTION ops.quarantine_rows(wanted_stream text, time_column name, from_at timestamp with time zone, until_at timestamp with time zone) TO deduplicator;
REVOKE ALL ON FUNCTION ops.record_derived_drop(derived_stream text, older_than timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ops.try_boolean(sent text) TO deduplicator;
GRANT ALL ON FUNCTION ops.try_timestamptz(sent text) TO deduplicator;
REVOKE ALL ON FUNCTION ops.unpack_misfits(wanted_stream text, from_at timestamp with time zone, until_at timestamp with time zone) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_lock_shared(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_all() TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_unlock_shared(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_advisory_xact_lock_shared(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_current_xact_id() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_current_xact_id() TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_lock_shared(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(bigint) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.pg_try_advisory_xact_lock_shared(integer, integer) TO kalshi_owner;
REVOKE ALL ON FUNCTION pg_catalog.txid_current() FROM PUBLIC;
GRANT ALL ON FUNCTION pg_catalog.txid_current() TO kalshi_owner;
REVOKE ALL ON FUNCTION timeseries.drop_partitions(target regclass, older_than timestamp with time zone, only_within tstzmultirange, partitions_max integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION timeseries.ensure_partition(target regclass, moment timestamp with time zone) TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.book_checks TO deduplicator;
GRANT SELECT ON TABLE ops.book_checks TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.line_checks TO deduplicator;
GRANT SELECT ON TABLE ops.line_checks TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.book_checks TO deduplicator;
GRANT SELECT ON TABLE market_data.book_checks TO reader;
GRANT SELECT ON TABLE market_data.book_checks TO exporter;
GRANT SELECT ON TABLE market_data.book_checks TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.expected TO deduplicator;
GRANT SELECT ON TABLE ops.expected TO exporter;
GRANT SELECT ON TABLE ops.expected TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.books TO deduplicator;
GRANT SELECT ON TABLE market_data.books TO reader;
GRANT SELECT ON TABLE market_data.books TO exporter;
GRANT SELECT ON TABLE market_data.books TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.classified_minutes TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.steady_states TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.watermarks TO deduplicator;
GRANT SELECT ON TABLE ops.watermarks TO exporter;
GRANT SELECT ON TABLE ops.watermarks TO status_page;
GRANT SELECT ON TABLE ops.market_minutes TO deduplicator;
GRANT SELECT ON TABLE ops.market_minutes TO exporter;
GRANT SELECT ON TABLE ops.market_minutes TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.coverage TO deduplicator;
GRANT SELECT ON TABLE market_data.coverage TO reader;
GRANT SELECT ON TABLE market_data.coverage TO exporter;
GRANT SELECT ON TABLE market_data.coverage TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.deltas_unpacked TO deduplicator;
GRANT SELECT ON TABLE market_data.deltas_unpacked TO reader;
GRANT SELECT ON TABLE market_data.deltas_unpacked TO exporter;
GRANT SELECT ON TABLE market_data.deltas_unpacked TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.events TO deduplicator;
GRANT SELECT ON TABLE market_data.events TO reader;
GRANT SELECT ON TABLE market_data.events TO exporter;
GRANT SELECT ON TABLE market_data.events TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.events_history TO deduplicator;
GRANT SELECT ON TABLE market_data.events_history TO reader;
GRANT SELECT ON TABLE market_data.events_history TO exporter;
GRANT SELECT ON TABLE market_data.events_history TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.events_versions TO deduplicator;
GRANT SELECT ON TABLE market_data.events_versions TO reader;
GRANT SELECT ON TABLE market_data.events_versions TO exporter;
GRANT SELECT ON TABLE market_data.events_versions TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE market_data.exchange_status TO deduplicator;
GRANT SELECT ON TABLE market_data.exchange_status TO reader;
GRANT SELECT ON TABLE market_data.exchange_status TO exporter;
GRANT SELECT ON TABLE market_data.exchange_status TO status_page;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.hot_orderbook_deltas TO deduplicator;
GRANT SELECT ON TABLE market_data.hot_orderbook_deltas TO reader;
GRANT SELECT ON TABLE market_data.hot_orderbook_deltas TO exporter;
GRANT SELECT ON TABLE market_data.hot_orderbook_deltas TO status_page;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.hot_tickers TO deduplicator;
GRANT SELECT ON TABLE market_data.hot_tickers TO reader;
GRANT SELECT ON TABLE market_data.hot_tickers TO exporter;
GRANT SELECT ON TABLE market_data.hot_tickers TO status_page;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.hot_trades TO deduplicator;
GRANT SELECT ON TABLE market_data.hot_trades TO reader;
GRANT SELECT ON TABLE market_data.hot_trades TO exporter;
GRANT SELECT ON TABLE market_data.hot_trades TO status_page;
GRANT UPDATE(taker_side) ON TABLE market_data.hot_trades TO deduplicator;
GRANT UPDATE(is_block_trade) ON TABLE market_data.hot_trades TO deduplicator;
GRANT SELECT,INSERT ON TABLE market_data.incidents TO deduplicator;
GRANT SELECT ON TABLE market_data.incidents TO reader;
GRANT SELECT ON TABLE market_data.incidents TO exporter;
GRANT SELECT ON TABLE market_data.incidents TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.index_values TO deduplicator;
GRANT SELECT ON TABLE market_data.index_values TO reader;
GRANT SELECT ON TABLE market_data.index_values TO exporter;
GRANT SELECT ON TABLE market_data.index_values TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.lifecycle_events TO deduplicator;
GRANT SELECT ON TABLE market_data.lifecycle_events TO reader;
GRANT SELECT ON TABLE market_data.lifecycle_events TO exporter;
GRANT SELECT ON TABLE market_data.lifecycle_events TO status_page;
GRANT UPDATE(payload_sha256) ON TABLE market_data.lifecycle_events TO deduplicator;
GRANT UPDATE(payload) ON TABLE market_data.lifecycle_events TO deduplicator;
GRANT UPDATE(occurrence) ON TABLE market_data.lifecycle_events TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.markets TO deduplicator;
GRANT SELECT ON TABLE market_data.markets TO reader;
GRANT SELECT ON TABLE market_data.markets TO exporter;
GRANT SELECT ON TABLE market_data.markets TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.series TO deduplicator;
GRANT SELECT ON TABLE market_data.series TO reader;
GRANT SELECT ON TABLE market_data.series TO exporter;
GRANT SELECT ON TABLE market_data.series TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.markets_described TO deduplicator;
GRANT SELECT ON TABLE market_data.markets_described TO reader;
GRANT SELECT ON TABLE market_data.markets_described TO exporter;
GRANT SELECT ON TABLE market_data.markets_described TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.markets_history TO deduplicator;
GRANT SELECT ON TABLE market_data.markets_history TO reader;
GRANT SELECT ON TABLE market_data.markets_history TO exporter;
GRANT SELECT ON TABLE market_data.markets_history TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.markets_versions TO deduplicator;
GRANT SELECT ON TABLE market_data.markets_versions TO reader;
GRANT SELECT ON TABLE market_data.markets_versions TO exporter;
GRANT SELECT ON TABLE market_data.markets_versions TO status_page;
GRANT SELECT ON TABLE ops.completeness TO deduplicator;
GRANT SELECT,INSERT ON TABLE market_data.minute_states TO deduplicator;
GRANT SELECT ON TABLE market_data.minute_states TO reader;
GRANT SELECT ON TABLE market_data.minute_states TO exporter;
GRANT SELECT ON TABLE market_data.minute_states TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.order_book_now TO deduplicator;
GRANT SELECT ON TABLE market_data.order_book_now TO reader;
GRANT SELECT ON TABLE market_data.order_book_now TO exporter;
GRANT SELECT ON TABLE market_data.order_book_now TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.orderbook_deltas TO deduplicator;
GRANT SELECT ON TABLE market_data.orderbook_deltas TO reader;
GRANT SELECT ON TABLE market_data.orderbook_deltas TO exporter;
GRANT SELECT ON TABLE market_data.orderbook_deltas TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.snapshots_unpacked TO deduplicator;
GRANT SELECT ON TABLE market_data.snapshots_unpacked TO reader;
GRANT SELECT ON TABLE market_data.snapshots_unpacked TO exporter;
GRANT SELECT ON TABLE market_data.snapshots_unpacked TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.orderbook_snapshots TO deduplicator;
GRANT SELECT ON TABLE market_data.orderbook_snapshots TO reader;
GRANT SELECT ON TABLE market_data.orderbook_snapshots TO exporter;
GRANT SELECT ON TABLE market_data.orderbook_snapshots TO status_page;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.packed_tickers TO deduplicator;
GRANT SELECT ON TABLE market_data.packed_tickers TO reader;
GRANT SELECT ON TABLE market_data.packed_tickers TO exporter;
GRANT SELECT ON TABLE market_data.packed_tickers TO status_page;
GRANT SELECT,INSERT,DELETE ON TABLE market_data.packed_trades TO deduplicator;
GRANT SELECT ON TABLE market_data.packed_trades TO reader;
GRANT SELECT ON TABLE market_data.packed_trades TO exporter;
GRANT SELECT ON TABLE market_data.packed_trades TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE market_data.series_history TO deduplicator;
GRANT SELECT ON TABLE market_data.series_history TO reader;
GRANT SELECT ON TABLE market_data.series_history TO exporter;
GRANT SELECT ON TABLE market_data.series_history TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.series_versions TO deduplicator;
GRANT SELECT ON TABLE market_data.series_versions TO reader;
GRANT SELECT ON TABLE market_data.series_versions TO exporter;
GRANT SELECT ON TABLE market_data.series_versions TO status_page;
GRANT SELECT ON TABLE ops.announced_outcomes TO deduplicator;
GRANT SELECT ON TABLE ops.announced_outcomes TO exporter;
GRANT SELECT,INSERT ON TABLE market_data.settlements TO deduplicator;
GRANT SELECT ON TABLE market_data.settlements TO reader;
GRANT SELECT ON TABLE market_data.settlements TO exporter;
GRANT SELECT ON TABLE market_data.settlements TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.tickers_unpacked TO deduplicator;
GRANT SELECT ON TABLE market_data.tickers_unpacked TO reader;
GRANT SELECT ON TABLE market_data.tickers_unpacked TO exporter;
GRANT SELECT ON TABLE market_data.tickers_unpacked TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.tickers TO deduplicator;
GRANT SELECT ON TABLE market_data.tickers TO reader;
GRANT SELECT ON TABLE market_data.tickers TO exporter;
GRANT SELECT ON TABLE market_data.tickers TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.top_of_book TO deduplicator;
GRANT SELECT ON TABLE market_data.top_of_book TO reader;
GRANT SELECT ON TABLE market_data.top_of_book TO exporter;
GRANT SELECT ON TABLE market_data.top_of_book TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.trades_unpacked TO deduplicator;
GRANT SELECT ON TABLE market_data.trades_unpacked TO reader;
GRANT SELECT ON TABLE market_data.trades_unpacked TO exporter;
GRANT SELECT ON TABLE market_data.trades_unpacked TO status_page;
GRANT SELECT,INSERT ON TABLE market_data.trades TO deduplicator;
GRANT SELECT ON TABLE market_data.trades TO reader;
GRANT SELECT ON TABLE market_data.trades TO exporter;
GRANT SELECT ON TABLE market_data.trades TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.arbitration TO deduplicator;
GRANT SELECT ON TABLE ops.arbitration TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.archive_partitions TO exporter;
GRANT SELECT ON TABLE ops.archive_partitions TO status_page;
GRANT SELECT ON TABLE ops.backups TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.connections TO deduplicator;
GRANT SELECT ON TABLE ops.connections TO exporter;
GRANT SELECT ON TABLE ops.connections TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.cursors TO deduplicator;
GRANT SELECT ON TABLE ops.cursors TO exporter;
GRANT SELECT ON TABLE ops.cursors TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.deduplicators TO deduplicator;
GRANT SELECT ON TABLE ops.deduplicators TO exporter;
GRANT SELECT ON TABLE ops.deduplicators TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.delta_evidence TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.delta_labels TO deduplicator;
GRANT SELECT ON TABLE ops.dropped_partitions TO deduplicator;
GRANT SELECT ON TABLE ops.dropped_partitions TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.expected_due TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.gaps TO deduplicator;
GRANT SELECT ON TABLE ops.gaps TO status_page;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.heartbeats TO deduplicator;
GRANT SELECT ON TABLE ops.heartbeats TO exporter;
GRANT SELECT ON TABLE ops.heartbeats TO status_page;
GRANT SELECT,UPDATE ON TABLE ops.hour_locks TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.lags TO deduplicator;
GRANT SELECT ON TABLE ops.lags TO exporter;
GRANT SELECT ON TABLE ops.lags TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.late_rows TO deduplicator;
GRANT SELECT,INSERT,DELETE ON TABLE ops.lock_sessions TO deduplicator;
GRANT SELECT ON TABLE ops.lock_sessions TO exporter;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.locks TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.locks TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.lost_lines TO deduplicator;
GRANT SELECT ON TABLE ops.lost_lines TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.market_minutes_due TO deduplicator;
GRANT SELECT ON TABLE ops.markets_with_gaps TO status_page;
GRANT SELECT ON TABLE ops.migration TO deduplicator;
GRANT SELECT ON TABLE ops.migration TO exporter;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.packed_hours TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.packing_failures TO deduplicator;
GRANT SELECT,INSERT ON TABLE ops.rejected_rows TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.series_minutes TO deduplicator;
GRANT SELECT ON TABLE ops.series_minutes TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.sightings TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.storage_samples TO deduplicator;
GRANT SELECT ON TABLE ops.storage_samples TO status_page;
GRANT SELECT ON TABLE ops.stream_days TO deduplicator;
GRANT SELECT,INSERT,UPDATE ON TABLE ops.subscriptions TO deduplicator;
GRANT SELECT ON TABLE ops.subscriptions TO status_page;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.ticker_evidence TO deduplicator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.ticker_labels TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO deduplicator;
GRANT SELECT ON TABLE timeseries.migration TO exporter;
GRANT SELECT ON TABLE timeseries.series TO deduplicator;
GRANT SELECT ON TABLE timeseries.series TO exporter;
