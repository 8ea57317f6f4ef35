-- One market of fifty is paused in the hour.
-- Needs made_markets and the variable begin_at.
-- Returns: the columns of lifecycle_events
select
    m.market_ticker as subject_ticker, getvariable('begin_at') + to_milliseconds(60 * m.number) as seen_at,
    'deactivated' as kind, unhex(sha256(m.market_ticker)) as payload_sha256, 0::integer as occurrence,
    to_json(struct_pack(market_ticker := m.market_ticker, event_type := 'deactivated'))::varchar as payload,
    getvariable('begin_at') + to_milliseconds(60 * m.number + 30) as received_at, 1::smallint as gatherer_id
from made_markets as m
where m.number % 50 = 7
