-- Create the function that reads a price or size of a published message.
-- Parameters of the function: present, the field of today, a decimal text; earlier, its predecessor, a whole number;
-- divisor, which makes dollars of the earlier one's cents
-- Writes: pg_temp.sent_amount
-- Returns: nothing; the function returns null if there is no amount, and NaN for one that no reader accepts
create or replace function pg_temp.sent_amount(present jsonb, earlier jsonb, divisor integer) returns numeric
language sql
immutable
as $$
    select case
        when jsonb_typeof(present) = 'string' and present <> '""'
            then case
                when present #>> '{}' ~ '^-?\d{1,12}([.]\d{1,6}0{0,12})?$' then (present #>> '{}')::numeric
                else 'NaN'
            end
        when coalesce(present, 'null') not in ('null', '""') then 'NaN'
        when coalesce(earlier, 'null') not in ('null', '""')
            then case
                when jsonb_typeof(earlier) = 'number' and earlier #>> '{}' ~ '^-?\d{1,12}$'
                    then (earlier #>> '{}')::numeric / divisor
                else 'NaN'
            end
    end;
$$;
