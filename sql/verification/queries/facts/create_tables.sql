-- Create empty tables in which one stream is compared: the facts that were published and the forms in which they were
-- sent, the facts that production holds, and the candidates, which are pairs of a published and a held fact that may be
-- the same.
-- A fact has a subject and labels. Its time is three labels: second, milliseconds and microseconds. Production may hold
-- no label that was not published, and must hold all labels of at least one entry of required. If production holds a
-- fact without a second, its time must lie near one of sent_at.
-- Writes: pg_temp.published_form, pg_temp.published_fact, pg_temp.held_fact, pg_temp.candidate
-- Returns: nothing
create temporary table if not exists published_form (
    line_number bigint,
    form integer,
    subject text,
    labels jsonb,
    -- Whether equal ones are one fact.
    is_once boolean
);
create temporary table if not exists published_fact (
    line_number bigint,
    subject text,
    labels jsonb,
    -- How exactly all connections got its time: 0 not at all, 1 to the second, 2 to the millisecond.
    known_time integer,
    required jsonb[],
    sent_at timestamptz[],
    -- Whether any connection got it.
    is_sent boolean,
    held_id bigint
);
create temporary table if not exists held_fact (
    held_id bigint generated always as identity,
    subject text,
    labels jsonb,
    from_at timestamptz,
    until_at timestamptz,
    line_number bigint
);
create temporary table if not exists candidate (
    line_number bigint,
    held_id bigint,
    last_line_number bigint,
    is_paired boolean not null default false
);
truncate published_form, published_fact, held_fact, candidate;
