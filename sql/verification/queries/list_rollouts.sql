-- List the changes of the fields of connections in an exchange's journal, in order.
-- Reads: pg_temp.journal
-- Returns: client, its group of connections, and which fields its messages lack from then on, in one text
select
    line #>> '{rollout, client}' as client,
    (line #>> '{rollout, group}')::integer as connections,
    array_to_string(array(select jsonb_array_elements_text(line #> '{rollout, lacking}')), ',') as lacking
from journal
where line ? 'rollout'
order by line_number;
