-- Give a trade a finer time, at most 5 s from the one that it has, and what else a copy of it has.
-- Parameters: known_ts and trade_key of the trade; new_ts and digits, its finer time; side and is_block as in
-- market_data.hot_trades
-- Writes: market_data.hot_trades
-- Returns: the gatherer whose row was merged first; nothing if there is no such trade
create or replace function ops.move_trade(
    known_ts timestamptz, trade_key text, new_ts timestamptz, digits smallint, side text, is_block boolean
) returns smallint
language plpgsql
as $$
declare
    trade market_data.hot_trades;
begin
    if abs(extract(epoch from new_ts - known_ts)) > 5 then
        raise exception 'a trade may move by 5 s, not from % to %', known_ts, new_ts;
    end if;
    delete from market_data.hot_trades as t
    where t.exchange_ts = known_ts and t.trade_id = trade_key
    returning t.* into trade;
    if not found then
        return null;
    end if;
    trade.exchange_ts := new_ts;
    trade.time_digits := digits;
    trade.taker_side := side;
    trade.is_block_trade := is_block;
    insert into market_data.hot_trades select trade.* on conflict do nothing;
    return trade.gatherer_id;
end;
$$;

comment on function ops.move_trade is 'Give a trade a finer time.';
