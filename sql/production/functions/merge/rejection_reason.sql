-- Find out why production rejects a row.
-- Parameters: row_at, the row's time; price_min and price_max, the lowest and highest of its prices in dollars;
-- accepted_from and accepted_until, the ends of ops.accepted_range. Pass both as subqueries, which PostgreSQL evaluates
-- once per statement. Use each only once in the body, or the function cannot be inlined.
-- Returns: the reason; null for a row that is accepted
create or replace function ops.rejection_reason(
    row_at timestamptz, price_min numeric, price_max numeric, accepted_from timestamptz, accepted_until timestamptz
) returns text
language sql
immutable
as $$
    select case
        when row_at < accepted_from then 'time too old'
        when row_at > accepted_until then 'time in the future'
        when price_min < 0 or price_max > 1 then 'price outside 0 to 1'
    end;
$$;

comment on function ops.rejection_reason is 'Why production rejects a row; null for a row that is accepted.';
