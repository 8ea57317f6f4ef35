-- Create the function that says whether two times lie near some times of sending: production has the time of receipt of
-- what the exchange sent without one. A connection may be some seconds late.
-- Parameters of the function: sent_at, from_at and until_at
-- Writes: pg_temp.is_near
-- Returns: nothing
create or replace function pg_temp.is_near(sent_at timestamptz[], from_at timestamptz, until_at timestamptz)
returns boolean
language sql
immutable
as $$
    select
        bool_or(from_at between s.at - interval '30 s' and s.at + interval '30 s')
        and bool_or(until_at between s.at - interval '30 s' and s.at + interval '30 s')
    from unnest(sent_at) as s (at);
$$;
