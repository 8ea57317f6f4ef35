-- Merge staged market summaries of hours in which rows have different fields. Rows of one market and millisecond that
-- agree in all that both have are one; production holds all that any of them has. So are rows of one second if the time
-- of one of them is known to the second only. Each such group is computed from all rows that were received of it:
-- those that production holds, or those in ops.ticker_evidence if production holds joined rows instead.
-- Parameters: mixed, the beginnings of the hours
-- Reads: pg_temp.stage
-- Writes: market_data.tickers, ops.ticker_evidence
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
create or replace function ops.merge_mixed_tickers(mixed timestamptz[])
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint)
language sql
as $$
    with
    staged as materialized (
        select
            s.*,
            date_bin('1 s', s.exchange_ts, '2000-01-01 00:00:00+00') as second,
            s.time_digits is not null
            and date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') = any(mixed) as is_mixed,
            ops.ticker_labels_of(
                s.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
            ) as label_set
        from pg_temp.stage as s
    ),

    second as materialized (
        select distinct s.market_ticker, s.second as began_at from staged as s where s.is_mixed
    ),

    held as materialized (
        select
            t.*,
            s.began_at as second,
            ops.ticker_labels_of(
                t.time_digits, t.market_id, t.last_price, t.yes_bid, t.yes_ask, t.yes_bid_size, t.yes_ask_size,
                t.last_trade_size, t.volume, t.open_interest, t.dollar_volume, t.dollar_open_interest
            ) as label_set
        from second as s
        inner join market_data.tickers as t
            on
                s.market_ticker = t.market_ticker
                and t.exchange_ts >= s.began_at and t.exchange_ts < s.began_at + interval '1 s'
        where t.time_digits is not null
    ),

    evidence as materialized (
        select e.*, s.began_at as second
        from second as s
        inner join ops.ticker_evidence as e
            on
                s.market_ticker = e.market_ticker
                and e.exchange_ts >= s.began_at and e.exchange_ts < s.began_at + interval '1 s'
    ),

    met as (
        select s.market_ticker, s.second, s.exchange_ts, s.time_digits, s.label_set from staged as s where s.is_mixed
        union all
        select h.market_ticker, h.second, h.exchange_ts, h.time_digits, h.label_set from held as h
        union all
        select e.market_ticker, e.second, e.exchange_ts, e.time_digits, -1 as label_set from evidence as e
    ),

    -- A group is a millisecond, or a second if the time of one of its rows is known no better.
    grouped as materialized (
        select
            c.market_ticker, c.second, c.began_at,
            c.began_at + case when bool_or(c.is_coarse) then interval '1 s' else interval '1 us' end as ended_at
        from (
            select
                m.market_ticker, m.second, m.label_set, w.is_coarse,
                case when w.is_coarse then m.second else m.exchange_ts end as began_at
            from met as m
            inner join (
                select o.market_ticker, o.second, bool_or(o.time_digits = 0) as is_coarse
                from met as o
                group by o.market_ticker, o.second
            ) as w on m.market_ticker = w.market_ticker and m.second = w.second
        ) as c
        group by c.market_ticker, c.second, c.began_at
        having min(c.label_set) < max(c.label_set)
    ),

    shown as materialized (
        select
            h.market_ticker, g.began_at, h.exchange_ts, h.time_digits, h.values_sha256, h.received_at, h.gatherer_id,
            ops.ticker_row(to_jsonb(h), h.exchange_ts, h.time_digits) as labels
        from held as h
        inner join grouped as g
            on
                h.market_ticker = g.market_ticker and h.second = g.second
                and h.exchange_ts >= g.began_at and h.exchange_ts < g.ended_at
    ),

    received as materialized (
        select
            s.market_ticker, g.began_at, s.exchange_ts, s.time_digits, s.received_at, s.gatherer_id,
            ops.ticker_row(to_jsonb(s), s.exchange_ts, s.time_digits) as labels
        from staged as s
        inner join grouped as g
            on
                s.market_ticker = g.market_ticker and s.second = g.second and s.time_digits is not null
                and s.exchange_ts >= g.began_at and s.exchange_ts < g.ended_at
        union all
        select h.market_ticker, h.began_at, h.exchange_ts, h.time_digits, h.received_at, h.gatherer_id, h.labels
        from shown as h
        where not exists (
            select from evidence as e
            where (e.market_ticker, e.exchange_ts, e.time_digits) = (h.market_ticker, h.exchange_ts, h.time_digits)
        )
        union all
        select e.market_ticker, g.began_at, e.exchange_ts, e.time_digits, e.received_at, e.gatherer_id, e.labels
        from evidence as e
        inner join grouped as g
            on
                e.market_ticker = g.market_ticker and e.second = g.second
                and e.exchange_ts >= g.began_at and e.exchange_ts < g.ended_at
    ),

    joined as materialized (
        select r.market_ticker, r.began_at, r.richest, ops.join_rows(r.richest) as wanted
        from (
            select r.market_ticker, r.began_at, ops.richest_rows(array_agg(distinct r.labels)) as richest
            from received as r
            group by r.market_ticker, r.began_at
        ) as r
    ),

    wanted as materialized (
        select
            r.market_ticker, r.began_at, w.labels, min(r.received_at) as received_at,
            (array_agg(r.gatherer_id order by r.received_at, r.gatherer_id))[1] as gatherer_id,
            coalesce(max(r.exchange_ts) filter (where r.time_digits > 0), min(r.exchange_ts)) as exchange_ts,
            max(r.time_digits) as time_digits
        from joined as j
        cross join unnest(j.wanted) as w (labels)
        inner join received as r
            on j.market_ticker = r.market_ticker and j.began_at = r.began_at and w.labels || r.labels = w.labels
        group by r.market_ticker, r.began_at, w.labels
    ),

    removed as (
        delete from market_data.tickers as t using shown as h
        where
            (t.exchange_ts, t.market_ticker, t.values_sha256) = (h.exchange_ts, h.market_ticker, h.values_sha256)
            and not exists (
                select from wanted as w
                where (w.market_ticker, w.began_at, w.labels) = (h.market_ticker, h.began_at, h.labels)
            )
        returning t.exchange_ts, t.gatherer_id
    ),

    added as materialized (
        select
            w.*,
            exists (
                select from shown as h
                where
                    h.market_ticker = w.market_ticker and h.began_at = w.began_at and w.labels || h.labels = w.labels
            ) as is_known,
            s.*,
            ops.ticker_digest(
                w.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
            ) as digest
        from wanted as w
        cross join
            jsonb_to_record(w.labels) as s (
                market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric,
                yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric,
                dollar_volume bigint, dollar_open_interest bigint
            )
        where not exists (
            select from shown as h
            where (h.market_ticker, h.began_at, h.labels) = (w.market_ticker, w.began_at, w.labels)
        )
    ),

    inserted as (
        insert into market_data.tickers as t (
            exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
            yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
            received_at, gatherer_id, time_digits
        )
        select
            a.exchange_ts, a.market_ticker, a.digest, a.market_id, a.last_price, a.yes_bid, a.yes_ask, a.yes_bid_size,
            a.yes_ask_size, a.last_trade_size, a.volume, a.open_interest, a.dollar_volume, a.dollar_open_interest,
            a.received_at, a.gatherer_id, a.time_digits
        from added as a
        union all
        select * from (
            select distinct on (s.exchange_ts, s.market_ticker, s.values_sha256)
                s.exchange_ts, s.market_ticker, s.values_sha256, s.market_id, s.last_price, s.yes_bid, s.yes_ask,
                s.yes_bid_size, s.yes_ask_size, s.last_trade_size, s.volume, s.open_interest, s.dollar_volume,
                s.dollar_open_interest, s.received_at, s.gatherer_id, s.time_digits
            from staged as s
            where s.time_digits is not null and not exists (
                select from grouped as g
                where
                    g.market_ticker = s.market_ticker and g.second = s.second
                    and s.exchange_ts >= g.began_at and s.exchange_ts < g.ended_at
            )
            order by s.exchange_ts, s.market_ticker, s.values_sha256, s.received_at
        ) as others
        on conflict do nothing
        returning t.exchange_ts, t.market_ticker, t.values_sha256, t.gatherer_id
    ),

    forgotten as (
        delete from ops.ticker_evidence as e using grouped as g
        where
            e.market_ticker = g.market_ticker
            and e.exchange_ts >= g.began_at and e.exchange_ts < g.ended_at
    ),

    remembered as (
        insert into ops.ticker_evidence (
            market_ticker, exchange_ts, time_digits, labels, received_at, gatherer_id
        )
        select distinct on (r.market_ticker, r.began_at, r.labels)
            r.market_ticker, r.exchange_ts, r.time_digits, r.labels, r.received_at, r.gatherer_id
        from joined as j
        inner join received as r on j.market_ticker = r.market_ticker and j.began_at = r.began_at
        where cardinality(j.wanted) < cardinality(j.richest) and r.labels = any(j.richest)
        order by r.market_ticker, r.began_at, r.labels, r.received_at, r.gatherer_id
    ),

    touched as (
        select i.gatherer_id, i.exchange_ts, case when a.is_known then 0 else 1 end as new_rows
        from inserted as i
        left join added as a
            on (i.market_ticker, i.exchange_ts, i.values_sha256) = (a.market_ticker, a.exchange_ts, a.digest)
        union all
        select r.gatherer_id, r.exchange_ts, 0 as new_rows from removed as r
    )

    select
        t.gatherer_id, date_bin('1 hour', t.exchange_ts, '2000-01-01 00:00:00+00') as touched_hour,
        sum(t.new_rows)::bigint as new_rows
    from touched as t
    group by t.gatherer_id, 2;
$$;

comment on function ops.merge_mixed_tickers is 'Merge market summaries of hours in which rows have different fields.';
