-- Create the function that reads a time of a published message, in any form that the exchange has ever sent.
-- Parameters of the function: sent, the field; unit_us, the coarsest unit of a number in it, in microseconds
-- Writes: pg_temp.sent_time
-- Returns: nothing; the function returns null for what is no time, and for a time at which the exchange sent nothing,
-- as gatherers do: it opened in 2021
create or replace function pg_temp.sent_time(sent jsonb, unit_us bigint) returns timestamptz
-- It is called several times for each message, and a function in SQL takes four times as long.
language plpgsql
stable
as $$
declare
    digits constant text = case when jsonb_typeof(sent) in ('number', 'string') then sent #>> '{}' end;
    written text;
    value numeric;
    moment timestamptz;
begin
    if digits ~ '^-?\d{1,20}([.]\d{1,20})?$' then
        value = digits::numeric;
        if abs(value) >= 9223372036854775808 then
            return null;
        end if;
        moment = timestamptz 'epoch' + floor(
            case
                when abs(value) < 1e17 / unit_us then value * unit_us
                when abs(value) < 1e14 then value * 1000
                when abs(value) < 1e17 then value
                else value / 1000
            end
        )::bigint * interval '1 us';
    elsif digits ~* '^\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d([.]\d+)?(z|[+-]\d\d:\d\d)$' then
        written = regexp_replace(digits, '([.]\d{6})\d+', '\1');
        if pg_input_is_valid(written, 'timestamptz') then
            moment = written::timestamptz;
        end if;
    end if;
    return case
        when moment >= timestamptz '2020-01-01 00:00:00+00' and moment < timestamptz '2100-01-01 00:00:00+00' then moment
    end;
end;
$$;
