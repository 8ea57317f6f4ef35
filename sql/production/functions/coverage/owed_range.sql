-- Compute the time in which a gatherer should have covered a market because of one of its spans of coverage: from the
-- beginning of the span until the next one begins, at most a day after its end, and no longer than the span if it ended
-- because the market is over.
-- Parameters: began_at, ended_at (null while it lasts) and end_reason of the span; next_began_at, when the first of the
-- gatherer's spans that end later began, null if there is none
-- Returns: the time
create or replace function ops.owed_range(
    began_at timestamptz, ended_at timestamptz, end_reason text, next_began_at timestamptz
) returns tstzrange
language sql
immutable
as $$
    select tstzrange(
        began_at,
        case
            when end_reason = 'dropped' then greatest(began_at, ended_at)
            when ended_at is not null
                then greatest(began_at, ended_at, least(next_began_at, ended_at + interval '1 day'))
        end
    );
$$;

comment on function ops.owed_range is
'The time in which a gatherer should have covered a market because of one of its spans of coverage.';
