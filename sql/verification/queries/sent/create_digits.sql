-- Create the function that counts the decimal places of the second that a time of a published message has.
-- Parameters of the function: sent, the field; unit_us, the coarsest unit of a number in it, in microseconds
-- Writes: pg_temp.sent_digits
-- Returns: nothing; the function returns 0, 3 or 6, and null for what is no time. A text may lack trailing zeros
create or replace function pg_temp.sent_digits(sent jsonb, unit_us bigint) returns integer
language sql
stable
as $$
    select case when p.places <= 0 then 0 when p.places <= 3 then 3 else 6 end
    from (select sent #>> '{}' as written) as g
    cross join lateral (
        select case
            when g.written !~ '^-?\d{1,20}([.]\d{1,20})?$'
                then coalesce(length(substring(g.written from '[.](\d+)')), 0)
            else case
                when abs(g.written::numeric) < 1e17 / unit_us then case unit_us when 1000 then 3 else 0 end
                when abs(g.written::numeric) < 1e14 then 3
                when abs(g.written::numeric) < 1e17 then 6
                else 9
            end + case jsonb_typeof(sent)
                when 'number' then scale(trim_scale(g.written::numeric))
                else scale(g.written::numeric)
            end
        end as places
    ) as p
    where pg_temp.sent_time(sent, unit_us) is not null;
$$;
