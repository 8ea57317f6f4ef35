-- Create the function that counts the decimal places of the second that a time of a published message has.
-- Parameters of the function: sent, the field; unit_us, the coarsest unit of a number in it, in microseconds
-- Writes: pg_temp.sent_digits
-- Returns: nothing; the function returns 0, 3 or 6, and null for what is no time. A text may lack trailing zeros
create or replace function pg_temp.sent_digits(sent jsonb, unit_us bigint) returns integer
-- A function in SQL would plan the call of the other one again for each row, which takes a millisecond.
language plpgsql
stable
as $$
declare
    written constant text = sent #>> '{}';
    places integer;
begin
    if pg_temp.sent_time(sent, unit_us) is null then
        return null;
    elsif written !~ '^-?\d{1,20}([.]\d{1,20})?$' then
        places = coalesce(length(substring(written from '[.](\d+)')), 0);
    else
        places = case
            when abs(written::numeric) < 1e17 / unit_us then case unit_us when 1000 then 3 else 0 end
            when abs(written::numeric) < 1e14 then 3
            when abs(written::numeric) < 1e17 then 6
            else 9
        end + case jsonb_typeof(sent)
            when 'number' then scale(trim_scale(written::numeric))
            else scale(written::numeric)
        end;
    end if;
    return case when places <= 0 then 0 when places <= 3 then 3 else 6 end;
end;
$$;
