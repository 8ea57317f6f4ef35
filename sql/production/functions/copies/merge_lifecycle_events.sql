-- Merge staged lifecycle events. They have no key: those some seconds from one that is held are copies of it if no
-- field has different values, unless the connection received more messages than are held: see ops.find_lifecycle_copy.
-- Production holds all fields that any copy has.
-- If two messages within 5 s differ only in fields that every line lacks in the first one, they count as one.
-- Reads: pg_temp.stage
-- Writes: market_data.lifecycle_events, and what ops.mark_settlements writes
-- Returns: a row per message that is new, with the hour it falls into, or that got fields, with 0 new rows
create or replace function ops.merge_lifecycle_events()
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows integer)
language plpgsql
as $$
#variable_conflict use_column
declare
    staged record;
    held record;
    -- Markets of which something about their outcome is new.
    decided text[] := '{}';
begin
    for staged in
        select distinct on (
            length(s.payload::text), s.subject_ticker, s.kind, s.payload, s.occurrence, s.seen_at, s.earlier_at
        ) s.*
        from pg_temp.stage as s
        where
            -- A message that is the first of its kind on its connection is a copy of any equal one.
            s.earlier_at <> '{}'
            or s.earlier_at is null
            or not exists (
                select from market_data.lifecycle_events as k
                where
                    k.subject_ticker = s.subject_ticker
                    and k.seen_at between s.seen_at - interval '5 s' and s.seen_at + interval '5 s'
                    and (k.kind, k.payload_sha256) = (s.kind, s.payload_sha256)
                    and not ops.are_apart(
                        k.seen_at, k.received_at, k.gatherer_id, s.seen_at, s.received_at, s.connected_at
                    )
            )
        -- The richest copy comes first, so that most others change nothing.
        order by
            length(s.payload::text) desc, s.subject_ticker asc, s.kind asc, s.payload asc, s.occurrence asc,
            s.seen_at asc, s.earlier_at asc, s.received_at asc
    loop
        select c.* into held
        from ops.find_lifecycle_copy(
            staged.subject_ticker, staged.kind, staged.seen_at, staged.received_at, staged.gatherer_id,
            staged.payload, staged.occurrence, staged.earlier_at, staged.connected_at
        ) as c;
        if staged.kind in ('determined', 'settled') and (not found or held.joined <> held.payload) then
            decided := decided || staged.subject_ticker;
        end if;
        if not found then
            insert into market_data.lifecycle_events (
                seen_at, subject_ticker, kind, payload_sha256, occurrence, payload, received_at, gatherer_id
            ) values (
                staged.seen_at, staged.subject_ticker, staged.kind, staged.payload_sha256,
                ops.free_lifecycle_number(
                    staged.subject_ticker, staged.kind, staged.seen_at, staged.payload, staged.occurrence
                ),
                staged.payload, staged.received_at, staged.gatherer_id
            )
            on conflict do nothing;
            return query
            select staged.gatherer_id, date_bin('1 hour', staged.seen_at, '2000-01-01 00:00:00+00'), 1;
        elsif held.joined <> held.payload then
            update market_data.lifecycle_events as k
            set
                payload = held.joined,
                payload_sha256 = sha256(convert_to(held.joined::text, 'UTF8'))
            where
                (k.seen_at, k.subject_ticker, k.kind, k.payload_sha256, k.occurrence)
                = (held.seen_at, staged.subject_ticker, staged.kind, held.payload_sha256, held.occurrence);
            return query select held.gatherer_id, date_bin('1 hour', held.seen_at, '2000-01-01 00:00:00+00'), 0;
        end if;
    end loop;
    if decided <> '{}' then
        perform ops.mark_settlements(decided);
    end if;
end;
$$;

comment on function ops.merge_lifecycle_events is 'Merge staged lifecycle events.';
