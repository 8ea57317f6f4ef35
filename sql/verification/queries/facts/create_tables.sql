-- Create empty tables to compare one stream: what was published, what is held, and which may be the same. A fact is a
-- subject with labels. Some connection lacked the labels in lackable of a fact that is_partial, so production may lack
-- them, too; it may lack no others and never hold others. The held time may be less exact if may_be_coarse, or missing
-- if may_lack_time. An exchange_ts of null means no time.
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
