-- Choose the number of a new lifecycle event: its own, or a greater one if a message that agrees has that number.
-- Parameters: subject, kind, seen, body, number: the columns of the staged row
-- Reads: market_data.lifecycle_events
-- Returns: a number that no held message has that agrees with it and lies within 5 s
create or replace function ops.free_lifecycle_number(
    subject text, kind text, seen timestamptz, body jsonb, number integer
) returns integer
language sql
stable
as $$
    select case when bool_or(k.occurrence = number) then max(k.occurrence) + 1 else number end
    from market_data.lifecycle_events as k
    where
        k.subject_ticker = free_lifecycle_number.subject and k.kind = free_lifecycle_number.kind
        and k.seen_at between seen - interval '5 s' and seen + interval '5 s'
        and ops.agreed_payload(k.payload, body) is not null;
$$;

comment on function ops.free_lifecycle_number is 'The number that a new lifecycle event is to have.';
