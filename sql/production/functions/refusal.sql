-- Say why production refuses a row.
-- Parameters: moment, the row's time; lowest and highest of its prices in dollars; late_days_max, how old it may be
-- Returns: the reason, null for a row that is accepted
create or replace function ops.refusal(
    moment timestamptz, lowest numeric, highest numeric, late_days_max integer
) returns text
language sql
stable
as $$
    select case
        when moment < now() - make_interval(days => late_days_max) then 'time too old'
        when moment > now() + interval '1 day' then 'time in the future'
        when lowest < 0 or highest > 1 then 'price outside 0 to 1'
    end;
$$;

comment on function ops.refusal is 'Why production refuses a row; null for a row that is accepted.';
