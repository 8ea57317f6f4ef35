-- Create empty tables in which one stream is compared: the facts that were published, those that production holds, and
-- the candidates, which are pairs of a published and a held fact that may be the same.
-- A fact has a subject, labels and a time; an exchange_ts of null means that it has no time.
-- If some connection lacked fields of a fact, the fact is_partial, and lackable lists the fields. Production may lack
-- these labels and no others, and may hold no label that was not published. If may_be_coarse, production may know the
-- time less exactly; if may_lack_time, not at all.
-- Writes: pg_temp.published_fact, pg_temp.held_fact, pg_temp.candidate
-- Returns: nothing
create temporary table if not exists published_fact (
    line_number bigint,
    subject text,
    labels jsonb,
    exchange_ts timestamptz,
    is_partial boolean,
    lackable text[],
    may_be_coarse boolean,
    may_lack_time boolean,
    held_id bigint
);
create temporary table if not exists held_fact (
    held_id bigint generated always as identity,
    subject text,
    labels jsonb,
    exchange_ts timestamptz,
    time_digits smallint,
    line_number bigint
);
create temporary table if not exists candidate (
    line_number bigint,
    held_id bigint,
    last_line_number bigint,
    is_paired boolean not null default false
);
truncate published_fact, held_fact, candidate;
