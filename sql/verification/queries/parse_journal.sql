-- Create the table of the journal that production is compared with. Fields that no connection got count as not
-- published; whole has them all. A recording may hold what jsonb cannot, such as NUL; no database can hold such a
-- message either. A frame whose sid or seq is no number of that range is read by no gatherer.
-- Reads: pg_temp.journal_line
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of lines parsed
create temporary table journal as
with
parsed as materialized (
    select
        line::jsonb as line,
        line_number
    from journal_line
    where pg_input_is_valid(line, 'jsonb')
)

select
    line_number,
    0 as form,
    case
        when line ? 'unsent' and jsonb_typeof(line #> '{frame, msg}') = 'object'
            then jsonb_set(
                line,
                '{frame, msg}',
                (line #> '{frame, msg}') - array(select jsonb_array_elements_text(line -> 'unsent'))
            )
        else line
    end as line,
    case when line ? 'unsent' then line end as whole
from parsed
where
    coalesce(
        line #> '{frame, sid}' = 'null'
        or pg_temp.sent_number(line #> '{frame, sid}') between 0 and 2147483647,
        line #> '{frame, sid}' is null
    )
    and coalesce(
        line #> '{frame, seq}' = 'null'
        or pg_temp.sent_number(line #> '{frame, seq}') between 0 and 9223372036854775806,
        line #> '{frame, seq}' is null
    );
