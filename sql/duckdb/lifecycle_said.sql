-- What each message in the life of a market changes of it; null for what it leaves as it is. A time or a result that
-- cannot be understood changes nothing.
-- Reads: lifecycle
-- Returns: ticker, place (its order among the messages), date of the file, seen_at, kind, status, result, close_time,
-- settlement_ts
create or replace view lifecycle_said as
with said as (
    select
        *,
        case when json_valid(payload) then payload::json end as body,
        case kind when 'close_date_updated' then '$.close_ts' when 'settled' then '$.settled_ts' end as time_key
    from lifecycle
),

timed as (
    select
        *,
        case
            when
                json_type(body, time_key) in ('BIGINT', 'UBIGINT', 'DOUBLE')
                -- The years 1 to 9999.
                and (body ->> time_key)::double between -62135596800 and 253402300799
                then to_timestamp((body ->> time_key)::double)
        end as said_time
    from said
)

select
    subject_ticker as ticker,
    (seen_at, received_at, kind, payload_sha256, occurrence) as place,
    date,
    seen_at,
    kind,
    case kind
        when 'activated' then 'active'
        when 'deactivated' then 'inactive'
        when 'determined' then 'determined'
        when 'settled' then 'finalized'
    end as status,
    case
        when kind = 'determined' and json_type(body, '$.result') = 'VARCHAR' then nullif(body ->> '$.result', '')
    end as result,
    case when kind = 'close_date_updated' then said_time end as close_time,
    case when kind = 'settled' then said_time end as settlement_ts
from timed;
