-- Compare lifecycle events with what an exchange published: each message, as often as it was sent.
-- Reads: pg_temp.journal, market_data.lifecycle_events
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select
        coalesce(line #>> '{frame, msg, market_ticker}', line #>> '{frame, msg, event_ticker}') as subject_ticker,
        coalesce(line #>> '{frame, msg, event_type}', line #>> '{frame, type}') as kind,
        line #> '{frame, msg}' as payload
    from journal
    where
        line #>> '{frame, type}' in (
            'market_lifecycle_v2', 'multivariate_market_lifecycle', 'event_lifecycle', 'event_fee_update'
        )
),

held as (
    select
        subject_ticker,
        kind,
        payload
    from market_data.lifecycle_events
),

lost as (
    select * from published
    except all
    select * from held
),

invented as (
    select * from held
    except all
    select * from published
)

select
    (select count(*) from published) as published,
    (select count(*) from held) as held,
    (select count(*) from lost) as lost,
    (select count(*) from invented) as invented;
