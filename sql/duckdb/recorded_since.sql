-- Since when the archive has all hours until a moment, of two days before it at most.
-- Parameters: moment, a time as text or timestamptz
-- Reads: hours_recorded
-- Returns: since_at; an error if the archive lacks the hour of the moment
create or replace macro recorded_since(moment) as table
    with asked as (
        select (moment::timestamptz at time zone 'UTC')::timestamp as at_utc
    ),

    lacking as (
        select unnest(generate_series(date_trunc('hour', at_utc) - interval 2 days, at_utc, interval 1 hour)) as hour_at
        from asked
        except
        select hour_at from hours_recorded
    )

    select
        case
            when max(l.hour_at) = date_trunc('hour', any_value(a.at_utc))
                then error(format('the archive lacks the hour of {} UTC: choose another moment', any_value(a.at_utc)))
            else coalesce(max(l.hour_at) + interval 1 hour, timestamp '-infinity') at time zone 'UTC'
        end as since_at
    from asked as a
    left join lacking as l on true;
