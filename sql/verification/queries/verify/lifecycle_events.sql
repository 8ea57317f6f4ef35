-- Compare lifecycle events with what an exchange published: each message, as often as it was sent.
-- Reads: pg_temp.published_event, market_data.lifecycle_events
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select
        subject_ticker,
        kind,
        payload
    from published_event
    where is_readable
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
