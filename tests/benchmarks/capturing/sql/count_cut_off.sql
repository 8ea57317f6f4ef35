-- Count what was cut off: the exchange closes the connection of a slow client, which then was offered less.
-- Reads: capture.gaps, capture.connections, capture.subscriptions
-- Returns: gaps, connections that another reason than a stop closed, and subscriptions that ended with an error
with
ended as (
    select distinct connection_id, sid
    from capture.subscriptions
    where end_reason like 'error%'
)

select
    (select count(*) from capture.gaps)
    + (select count(*) from capture.connections where close_reason <> 'stopped')
    + (select count(*) from ended) as cut_off;
