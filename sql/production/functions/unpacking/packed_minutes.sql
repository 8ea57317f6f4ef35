-- Find the minutes in which packed rows lie of a stream of all markets. It unpacks nothing but times, each once however
-- many minutes are asked for: packed rows have no index of them, and an hour may have millions.
-- Parameters: wanted_stream, trades or tickers; minutes, those to look at
-- Reads: market_data.packed_trades, market_data.packed_tickers
-- Returns: the minutes with a packed row
create or replace function ops.packed_minutes(wanted_stream text, minutes timestamptz[]) returns timestamptz[]
language plpgsql
stable
as $$
declare
    days constant timestamptz[] := array(
        select distinct date_bin('24 h', a.minute, '2000-01-01 00:00:00+00') from unnest(minutes) as a (minute)
    );
    hours constant timestamptz[] := array(
        select distinct date_bin('1 h', a.minute, '2000-01-01 00:00:00+00') from unnest(minutes) as a (minute)
    );
    found_minutes timestamptz[];
begin
    case wanted_stream
        when 'trades' then
            found_minutes := array(
                select distinct c.minute
                from market_data.packed_trades as p
                cross join lateral (
                    select p.day + m.number * interval '1 min' as minute
                    from (select distinct u.moment / 60000 as number from unnest(p.moments) as u (moment)) as m
                    union all
                    select date_bin('1 min', e.exchange_ts, p.day)
                    from jsonb_to_recordset(p.exact_rows) as e (exchange_ts timestamptz)
                ) as c
                where p.day = any(days)
            );
        when 'tickers' then
            found_minutes := array(
                select distinct c.minute
                from market_data.packed_tickers as p
                cross join lateral (
                    select p.hour + m.number * interval '1 min' as minute
                    from (
                        select distinct
                            (u.low + 32768 + (u.high + 32768) * 65536::bigint)
                            / case p.moment_digits when 3 then 60000 else 60000000 end as number
                        from unnest(p.low_moments, p.high_moments) as u (low, high)
                    ) as m
                    union all
                    select date_bin('1 min', e.exchange_ts, p.hour)
                    from jsonb_to_recordset(p.exact_rows) as e (exchange_ts timestamptz)
                ) as c
                where p.hour = any(hours)
            );
    end case;
    return array(select f.minute from unnest(found_minutes) as f (minute) where f.minute = any(minutes));
end;
$$;

comment on function ops.packed_minutes is 'The minutes in which packed rows lie of a stream of all markets.';
