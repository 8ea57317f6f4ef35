-- Decide whether a change of an order book comes after a snapshot of it, by the rule that market_data.book_at explains.
-- Parameters: base, the snapshot; clock, exchange_ts, time_digits, gatherer_id, received_at, those of the change
-- Returns: true if it does
create or replace function market_data.comes_after(
    base market_data.hot_orderbook_snapshots, clock bigint, exchange_ts timestamptz, time_digits smallint,
    gatherer_id smallint, received_at timestamptz
) returns boolean
language sql
stable
as $$
    select
        case
            when (base.clock > 0 or base.occurrence = 0) and comes_after.clock > 0
                then comes_after.clock > base.clock
            when comes_after.time_digits >= 3 and base.last_change_at is not null
                then
                    comes_after.exchange_ts >= base.last_change_at + interval '1 ms'
                    or (
                        comes_after.exchange_ts >= base.last_change_at and comes_after.gatherer_id = base.gatherer_id
                        and comes_after.received_at > base.received_at
                    )
            else comes_after.received_at > base.received_at
        end;
$$;

comment on function market_data.comes_after is 'Whether a change of an order book comes after a snapshot of it.';
