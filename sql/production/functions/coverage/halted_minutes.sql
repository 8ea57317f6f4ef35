-- Find the minutes of a time in which the exchange said, to any gatherer, that nothing is traded on a market's shard:
-- nothing that it published is missing then. Of a stream that is received for all markets at once, those in which every
-- shard is halted. It reads market_data only, so that whoever reads a view that calls it needs no other right.
-- Parameters: wanted_ticker, empty for all markets; from_at, until_at, at most some days
-- Reads: market_data.exchange_status, market_data.markets
-- Returns: whole minutes, also those that the exchange was halted for a part of
create or replace function ops.halted_minutes(
    wanted_ticker text, from_at timestamptz, until_at timestamptz
) returns tstzmultirange
language sql
stable
as $$
    with halted as materialized (
        select
            e.exchange_index,
            range_agg(tstzrange(
                date_bin('1 min', e.first_seen_at, timestamptz 'epoch'),
                date_bin('1 min', e.confirmed_at, timestamptz 'epoch') + interval '1 min'
            )) as minutes
        from market_data.exchange_status as e
        where
            e.kind = 'shard' and not (e.exchange_active and e.trading_active)
            and e.first_seen_at >= from_at - interval '1 h' and e.first_seen_at < until_at
        group by e.exchange_index
    )

    select coalesce(
        case
            when not exists (select from halted) then '{}'
            when wanted_ticker = '' then (
                select
                    case
                        when count(h.exchange_index) = count(*) then range_intersect_agg(h.minutes)
                    end
                from (
                    select distinct e.exchange_index
                    from market_data.exchange_status as e
                    where
                        e.kind = 'shard'
                        and e.first_seen_at >= from_at - interval '1 h' and e.first_seen_at < until_at
                ) as k
                left join halted as h on k.exchange_index = h.exchange_index
            )
            else (
                select h.minutes
                from halted as h
                where
                    h.exchange_index = coalesce(
                        (
                            select (m.body ->> 'exchange_index')::integer
                            from market_data.markets as m
                            where
                                m.ticker = wanted_ticker
                                and pg_input_is_valid(m.body ->> 'exchange_index', 'integer')
                        ),
                        0
                    )
            )
        end,
        '{}'
    );
$$;

comment on function ops.halted_minutes is
'The minutes in which the exchange said that nothing is traded on the shard of a market.';
