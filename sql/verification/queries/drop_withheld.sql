-- Remove journalled messages that reached no client because of a known gap or fault: no gatherer ever subscribed to
-- their channel or book, or a fault of the exchange had begun. A message that was sent to no connection for another
-- reason stays, and counts as lost. A trade that production holds nevertheless, from REST, stays too.
-- Reads: market_data.trades
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of lines removed
with
message as (
    select
        line_number,
        line ->> 'sent' as sent,
        line #>> '{frame, msg, trade_id}' as trade_id,
        (line ->> 'published_ms')::bigint as published_ms,
        case
            when line #>> '{frame, type}' like 'orderbook_%' then 'orderbook_delta'
            when line #>> '{frame, type}' like 'event_%' then 'market_lifecycle_v2'
            else line #>> '{frame, type}'
        end as channel,
        -- Gatherers subscribe to books by market, and to everything else for all markets.
        case
            when line #>> '{frame, type}' like 'orderbook_%' then line #>> '{frame, msg, market_ticker}'
            else ''
        end as book
    from journal
    where
        line #>> '{frame, type}' in (
            'trade', 'orderbook_delta', 'orderbook_snapshot', 'ticker', 'market_lifecycle_v2',
            'multivariate_market_lifecycle', 'event_lifecycle', 'event_fee_update', 'cfbenchmarks_value'
        )
),

fault as (
    -- Some faults withhold fields, but no message.
    select min((line ->> 'published_ms')::bigint) as began_ms
    from journal
    where
        line ? 'fault'
        and line #>> '{fault, name}' not in ('missing_fields', 'no_deprecated_fields', 'rollout')
),

explained as (
    select m.line_number
    from message as m
    cross join fault as f
    where
        m.sent = '0'
        and not exists (select from market_data.trades as t where m.channel = 'trade' and t.trade_id = m.trade_id)
        and (
            m.published_ms >= f.began_ms
            or (m.channel, m.book) not in (select s.channel, s.book from message as s where s.sent <> '0')
        )
)

delete from journal
where line_number in (select e.line_number from explained as e);
