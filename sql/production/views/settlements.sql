-- What each market paid, as was said last, and when that was said first. If the outcome was corrected, the row is of
-- the time of the correction. A result other than yes and no is a different outcome with each value.
-- Reads: ops.announced_outcomes
create or replace view market_data.settlements as
select
    t.market_ticker,
    min(t.seen_at) filter (where t.outcome = t.last_outcome) as seen_at,
    min(t.result) filter (where t.outcome = t.last_outcome) as result,
    max(t.yes_value) filter (where t.outcome = t.last_outcome) as yes_value,
    max(t.determined_at) filter (where t.outcome = t.last_outcome) as determined_at,
    max(t.settled_at) as settled_at,
    (array_agg(t.source order by t.seen_at asc, t.source asc) filter (where t.outcome = t.last_outcome))[1] as source
from (
    select
        l.*,
        max(l.seen_at) filter (where l.outcome <> l.last_outcome) over (partition by l.market_ticker) as other_at
    from (
        select
            o.*,
            first_value(o.outcome) over (
                partition by o.market_ticker order by o.outcome is null asc, o.seen_at desc, o.outcome desc
            ) as last_outcome
        from (
            select
                a.*,
                case when a.result in ('yes', 'no') then a.result else a.result || coalesce(' ' || a.yes_value, '') end
                    as outcome
            from ops.announced_outcomes as a
        ) as o
    ) as l
) as t
where t.last_outcome is not null and (t.outcome is null or t.seen_at >= coalesce(t.other_at, '-infinity'))
group by t.market_ticker;

comment on view market_data.settlements is
'What each market paid, as was said last; restrict it to markets, or it reads all states of all of them.';
comment on column market_data.settlements.market_ticker is 'The exchange''s name of it.';
comment on column market_data.settlements.seen_at is
'When this outcome was said first: by the exchange''s clock if by a message, else when a gatherer fetched it.';
comment on column market_data.settlements.result is 'yes, no or another word.';
comment on column market_data.settlements.yes_value is
'Dollars paid for a contract of YES; null if the exchange did not say it.';
comment on column market_data.settlements.determined_at is
'When the exchange determined it, by its message; null without one.';
comment on column market_data.settlements.settled_at is 'When it was paid out; null if that is not known.';
comment on column market_data.settlements.source is
'What said it first: lifecycle_events or markets_history.';
