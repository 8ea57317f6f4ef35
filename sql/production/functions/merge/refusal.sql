-- Say why production refuses a row.
-- Parameters: moment, the row's time; lowest and highest of its prices in dollars; oldest and newest, what is accepted.
-- The last two are used once each and given by a subquery, so that they are computed once a statement, not once a row.
-- Returns: the reason, null for a row that is accepted
create or replace function ops.refusal(
    moment timestamptz, lowest numeric, highest numeric, oldest timestamptz, newest timestamptz
) returns text
language sql
immutable
as $$
    select case
        when moment < oldest then 'time too old'
        when moment > newest then 'time in the future'
        when lowest < 0 or highest > 1 then 'price outside 0 to 1'
    end;
$$;

comment on function ops.refusal is 'Why production refuses a row; null for a row that is accepted.';
