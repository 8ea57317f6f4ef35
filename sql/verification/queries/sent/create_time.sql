-- Create the function that reads a time of a published message, in any form that the exchange has ever sent.
-- Parameters of the function: sent, the field; unit_us, the coarsest unit of a number in it, in microseconds
-- Writes: pg_temp.sent_time
-- Returns: nothing; the function returns null for what is no time, and for a time at which the exchange sent nothing,
-- as gatherers do: it opened in 2021
create or replace function pg_temp.sent_time(sent jsonb, unit_us bigint) returns timestamptz
language sql
stable
as $$
    with
    given as (
        select
            sent #>> '{}' as digits,
            regexp_replace(sent #>> '{}', '([.]\d{6})\d+', '\1') as written
        where jsonb_typeof(sent) in ('number', 'string')
    ),

    number as (
        select digits::numeric as value
        from given
        where digits ~ '^-?\d{1,20}([.]\d{1,20})?$'
    ),

    moment as (
        select
            timestamptz 'epoch' + floor(
                case
                    when abs(value) < 1e17 / unit_us then value * unit_us
                    when abs(value) < 1e14 then value * 1000
                    when abs(value) < 1e17 then value
                    else value / 1000
                end
            )::bigint * interval '1 us' as at
        from number
        where abs(value) < 9223372036854775808
        union all
        select written::timestamptz
        from given
        where
            written ~* '^\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d([.]\d+)?(z|[+-]\d\d:\d\d)$'
            and pg_input_is_valid(written, 'timestamptz')
    )

    select m.at
    from moment as m
    where m.at >= timestamptz '2020-01-01 00:00:00+00' and m.at < timestamptz '2100-01-01 00:00:00+00';
$$;
