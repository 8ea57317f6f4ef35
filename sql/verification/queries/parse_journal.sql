-- Create the table of the journal that production is compared with. Fields that no connection got count as not
-- published; whole has them all. A recording may hold what jsonb cannot, such as NUL; no database can hold such a
-- message either.
-- Reads: pg_temp.journal_line
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of lines parsed
create temporary table journal as
with
parsed as (
    select
        line::jsonb as line,
        line_number
    from journal_line
    where pg_input_is_valid(line, 'jsonb')
)

select
    line_number,
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
from parsed;
