-- Make the minutes since a market's opening due again if a snapshot shows that its book has never changed. A trigger
-- calls it.
-- Reads: ops.expected
-- Writes: ops.market_minutes_due
-- Returns: nothing
create or replace function ops.on_first_snapshot() returns trigger
language plpgsql
as $$
begin
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select
        'orderbook_deltas' as stream, new.market_ticker,
        -- A market counts from its opening if coverage followed within a day. Its opening or its coverage may not be
        -- merged yet.
        ops.ordered_range(
            coalesce(e.opened_at, new.received_at - interval '1 day'),
            least(new.received_at, e.began_at + interval '1 min')
        ) as during
    from (select) as one
    left join ops.expected as e on e.channel = 'orderbook_delta' and e.market_ticker = new.market_ticker
    where
        e.market_ticker is null
        or (e.opened_at is null and new.received_at <= e.began_at + interval '1 min'
            and new.received_at >= e.began_at - interval '1 day')
        or new.received_at between e.opened_at and e.opened_at + interval '1 day 1 min';
    return null;
end;
$$;

comment on function ops.on_first_snapshot is
'Make the minutes since a market''s opening due again if its book has never changed.';

create or replace trigger on_first_snapshot after insert on market_data.hot_orderbook_snapshots
for each row
when (new.clock = 0 and new.occurrence = 0 and new.yes_prices = '{}' and new.no_prices = '{}')
execute function ops.on_first_snapshot();
