-- Read the lifecycle events of an exchange's journal.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_event; is_readable is false for a message that no reader could understand
-- Returns: nothing
create temporary table published_event as
with
found as (
    select
        line_number,
        form,
        line #>> '{frame, type}' like 'event_%' as is_of_event,
        line #>> '{frame, type}' as type,
        line #> '{frame, msg}' as payload
    from journal
    where
        line #>> '{frame, type}' in (
            'market_lifecycle_v2', 'multivariate_market_lifecycle', 'event_lifecycle', 'event_fee_update'
        )
),

named as (
    select
        line_number,
        form,
        payload,
        pg_temp.sent_text(
            payload -> case when is_of_event then 'event_ticker' else 'market_ticker' end
        ) as subject_ticker,
        case when is_of_event then type else pg_temp.sent_text(payload -> 'event_type') end as kind
    from found
)

select
    *,
    subject_ticker is not null and kind is not null and pg_temp.is_storable(payload) as is_readable
from named;
