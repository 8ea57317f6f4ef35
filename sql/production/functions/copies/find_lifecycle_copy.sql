-- Find the held lifecycle event of which a staged one is a copy. A number n says that its line received n + 1 messages
-- that have all fields of the copy. So a copy is also one of the held messages if n + 1 of those that it agrees with
-- have no greater number; and a held row with a greater number may be the staged message if enough others explain it.
-- Parameters: subject, kind, seen, body, number: the columns of the staged row
-- Reads: market_data.lifecycle_events
-- Returns: the held row, with the joined body and the number that it is to have; no row if the message is new
create or replace function ops.find_lifecycle_copy(
    subject text, kind text, seen timestamptz, body jsonb, number integer
) returns table (
    seen_at timestamptz, payload jsonb, payload_sha256 bytea, occurrence integer, gatherer_id smallint,
    joined jsonb, joined_occurrence integer
)
language sql
stable
as $$
    with
    agreeing as materialized (
        select k.*, a.payload as joined
        from market_data.lifecycle_events as k
        cross join lateral (select ops.agreed_payload(k.payload, body) as payload) as a
        where
            k.subject_ticker = find_lifecycle_copy.subject and k.kind = find_lifecycle_copy.kind
            and k.seen_at between seen - interval '5 s' and seen + interval '5 s'
            and a.payload is not null
    )

    select
        a.seen_at, a.payload, a.payload_sha256, a.occurrence, a.gatherer_id, a.joined,
        least(a.occurrence, number) as joined_occurrence
    from agreeing as a
    where
        a.occurrence = number
        or (a.occurrence < number and number < (select count(*) from agreeing as o where o.occurrence <= number))
        or (
            a.occurrence > number
            and a.occurrence < (
                select count(*)
                from market_data.lifecycle_events as o
                where
                    o.subject_ticker = a.subject_ticker and o.kind = a.kind and o.occurrence <= a.occurrence
                    and o.seen_at between a.seen_at - interval '5 s' and a.seen_at + interval '5 s'
                    and ops.agreed_payload(o.payload, a.payload) is not null
            )
        )
    order by
        a.occurrence = number desc, a.occurrence < number desc, a.payload = body desc,
        abs(extract(epoch from a.seen_at - seen)) asc, a.payload_sha256 asc
    limit 1;
$$;

comment on function ops.find_lifecycle_copy is 'Find the held lifecycle event of which a staged one is a copy.';
