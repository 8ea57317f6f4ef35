-- Merge those staged order-book changes of which some row, staged or held, has other labels than another: a line may
-- miss a field for a while. Production gets the fewest changes that explain all that was received, with the best labels
-- of each. The other rows stay for the union by labels, which says the same of them and costs less.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_orderbook_deltas, ops.delta_labels, ops.delta_evidence, ops.late_rows, and what
-- ops.unpack_evidence writes
-- Returns: per gatherer how many rows were new, by the hours they fall into; in the first row the merged rows' places
-- in the stage
create or replace function ops.merge_mixed_deltas()
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint, places tid[])
language plpgsql
as $$
declare
    mixed_hours constant timestamptz[] := ops.record_delta_labels();
    unit interval;
    burst_max interval;
begin
    if mixed_hours is null then
        return;
    end if;
    -- No hour comes back from the archive while another session merges rows of it.
    if exists (select from pg_temp.stage as s where s.ingest_xid = '0') then
        perform from ops.delta_labels as l where l.hour = any(mixed_hours) for update;
    else
        perform from ops.delta_labels as l where l.hour = any(mixed_hours) for key share;
    end if;
    -- Changes of one millisecond are compared; of one second if whole seconds are known only; without a time, those of
    -- a burst.
    select
        case when min(l.time_digits) <= 0 then interval '1 s' else interval '1 ms' end,
        case when min(l.time_digits) < 0 then interval '10 min 10 s' else interval '0' end
    into unit, burst_max
    from ops.delta_labels as l
    where l.hour = any(mixed_hours);

    perform ops.create_evidence_tables();
    delete from pg_temp.found_evidence;
    delete from pg_temp.evidence;
    delete from pg_temp.held_changes;
    delete from pg_temp.settled_changes;
    perform ops.find_staged_evidence(mixed_hours);
    perform ops.find_stored_evidence(unit, burst_max);
    perform ops.number_evidence(unit);
    perform ops.unpack_evidence(unit, least(burst_max, interval '5 s'));
    perform ops.find_held_changes(unit, least(burst_max, interval '5 s'));
    perform ops.drop_plain_neighbourhoods();
    perform ops.add_held_evidence();
    perform ops.settle_changes();
    perform ops.store_evidence();

    return query
    select null::smallint, null::timestamptz, 0::bigint, array_agg(f.place)
    from pg_temp.found_evidence as f
    where
        f.place is not null and f.source <> 'counted'
        and exists (
            select from pg_temp.evidence as e
            where
                (f.market_ticker, f.side, f.price, f.size_delta, f.exchange_ts, f.time_digits, f.began_at, f.clock)
                = (e.market_ticker, e.side, e.price, e.size_delta, e.exchange_ts, e.time_digits, e.began_at, e.clock)
        );
    return query select r.gatherer_id, r.touched_hour, r.new_rows, null::tid[] from ops.replace_changes() as r;
end;
$$;

comment on function ops.merge_mixed_deltas is 'Merge staged order-book changes that were seen with different labels.';
