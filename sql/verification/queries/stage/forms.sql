-- Add to the journal the forms in which a message was sent, if connections lacked different fields: those of the
-- richest connections, numbered from 1, and -1 with the fields that every connection got. Form 0 is the message with
-- all fields that any connection got. A connection that broke soon after a message may not have received it, so its
-- form is left out. If no form is left, it is the one of -1.
-- Reads: pg_temp.journal
-- Writes: pg_temp.journal
-- Returns: nothing
with
broken as (
    select
        (line #>> '{connection, number}')::bigint as number,
        (line ->> 'published_ms')::bigint as ended_ms
    from journal
    where line #>> '{connection, event}' = 'broken'
),

lacking as (
    select
        line_number,
        coalesce(whole, line) as line,
        array(select jsonb_array_elements_text(line -> 'lacking')) as fields
    from journal
    where
        (line -> 'lacking' <> line -> 'unsent' or line #>> '{frame, type}' = 'trade' and line ? 'lacking')
        and jsonb_typeof(line #> '{frame, msg}') = 'object'
),

sent as (
    select distinct
        m.line_number,
        array(select jsonb_array_elements_text(f.form -> 'fields')) as fields
    from lacking as m
    cross join jsonb_array_elements(m.line -> 'lacked') as f (form)
    cross join jsonb_array_elements_text(f.form -> 'connections') as c (number)
    where
        not exists (
            select from broken as b
            where b.number = c.number::bigint and (m.line ->> 'published_ms')::bigint > b.ended_ms - 60000
        )
),

chosen as (
    select m.line_number, m.line, s.fields, row_number() over (partition by m.line_number order by s.fields) as form
    from lacking as m
    inner join sent as s on m.line_number = s.line_number
    where
        not exists (
            select from sent as o where o.line_number = s.line_number and o.fields <@ s.fields and o.fields <> s.fields
        )
    union all
    select m.line_number, m.line, m.fields, f.form
    from lacking as m
    cross join (values (-1), (1)) as f (form)
    where f.form = -1 or m.line_number not in (select s.line_number from sent as s)
)

insert into journal (line_number, form, line)
select line_number, form, jsonb_set(line, '{frame, msg}', (line #> '{frame, msg}') - fields) as line
from chosen;
