-- The state of every expected minute of each market, as runs of whole minutes: those classified one by one, and those
-- in which nothing happened.
-- Reads: ops.classified_minutes, and ops.steady_minutes
create or replace view ops.market_minutes as
select
    m.stream,
    m.market_ticker,
    m.day,
    m.proven,
    m.proven_by_line,
    m.proven_by_check,
    m.covered,
    m.repaired + (m.steady_repaired - m.classified) as repaired,
    m.gap + (m.steady_gap - m.classified) as gap,
    m.idle + (m.steady_idle - m.classified) as idle,
    m.classified_at
from (
    select
        k.*,
        k.proven + k.covered + k.repaired + k.gap + k.idle as classified
    from (
        select
            each.stream,
            each.market_ticker,
            each.day,
            coalesce(range_agg(each.proven), '{}') as proven,
            coalesce(range_agg(each.proven_by_line), '{}') as proven_by_line,
            coalesce(range_agg(each.proven_by_check), '{}') as proven_by_check,
            coalesce(range_agg(each.covered), '{}') as covered,
            coalesce(range_agg(each.repaired), '{}') as repaired,
            coalesce(range_agg(each.gap), '{}') as gap,
            coalesce(range_agg(each.idle), '{}') as idle,
            coalesce(range_agg(each.steady_repaired), '{}') as steady_repaired,
            coalesce(range_agg(each.steady_gap), '{}') as steady_gap,
            coalesce(range_agg(each.steady_idle), '{}') as steady_idle,
            max(each.classified_at) as classified_at
        from (
            select
                c.stream,
                c.market_ticker,
                c.day,
                c.proven,
                c.proven_by_line,
                c.proven_by_check,
                c.covered,
                c.repaired,
                c.gap,
                c.idle,
                null::tstzmultirange as steady_repaired,
                null::tstzmultirange as steady_gap,
                null::tstzmultirange as steady_idle,
                c.classified_at
            from ops.classified_minutes as c
            union all
            select
                s.stream,
                s.market_ticker,
                s.day,
                null as proven,
                null as proven_by_line,
                null as proven_by_check,
                null as covered,
                null as repaired,
                null as gap,
                null as idle,
                s.repaired as steady_repaired,
                s.gap as steady_gap,
                s.idle as steady_idle,
                s.computed_at as classified_at
            from ops.steady_minutes as s
        ) as each
        group by each.stream, each.market_ticker, each.day
    ) as k
) as m;

comment on view ops.market_minutes is
'The state of every expected minute of each market, as runs of whole minutes. No minute has two states; a minute '
'without a state was not expected.';
comment on column ops.market_minutes.stream is 'The stream.';
comment on column ops.market_minutes.market_ticker is 'Empty for a stream that is received for all markets at once.';
comment on column ops.market_minutes.day is 'The day in UTC of all minutes of the row.';
comment on column ops.market_minutes.proven is 'Received; the books before and after prove that no change is missing.';
comment on column ops.market_minutes.proven_by_line is
'Those of them that single connections of gatherers prove, by the order in which they received the changes.';
comment on column ops.market_minutes.proven_by_check is
'Those of them that production proves, by the exchange''s clock; a minute may be in both, or in neither if only both '
'together prove all of it.';
comment on column ops.market_minutes.covered is 'Received, but not proven yet.';
comment on column ops.market_minutes.repaired is
'Missed by at least one gatherer, but received from another one or from REST.';
comment on column ops.market_minutes.gap is
'Known to be lost: no gatherer received all of the minute, or a rebuilt book was wrong.';
comment on column ops.market_minutes.idle is 'Covered, and the exchange published no message.';
comment on column ops.market_minutes.classified_at is
'When a minute of the row was last classified, or until when nothing happened.';
