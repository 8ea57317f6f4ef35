-- Require of each published fact what one of its richest connections got. If different connections got different labels
-- of a fact that no other one can be mistaken for, the merge joins them, so all are required. Facts of a subject can be
-- mistaken for each other if they are of the same time, as exactly as all connections got it.
-- Reads: pg_temp.published_fact
-- Writes: pg_temp.published_fact
-- Returns: nothing
with
placed as (
    select
        line_number,
        required as forms,
        count(*) over of_subject as facts,
        min(known_time) over of_subject as known_time,
        count(*) over of_second as facts_of_second,
        min(known_time) over of_second as known_in_second,
        count(*) over of_millisecond as facts_of_millisecond
    from published_fact
    window
        of_subject as (partition by subject),
        of_second as (partition by subject, labels -> 'second'),
        of_millisecond as (partition by subject, labels -> 'milliseconds')
),

wanted as (
    select
        p.line_number,
        case
            when
                1 = case
                    when p.known_time = 0 then p.facts when p.known_in_second = 1 then p.facts_of_second
                    else p.facts_of_millisecond
                end
                then array[
                    (
                        select jsonb_object_agg(e.key, e.value)
                        from unnest(p.forms) as r (labels)
                        cross join jsonb_each(r.labels) as e (key, value)
                    )
                ]
            else array(
                select r.labels from unnest(p.forms) as r (labels)
                where not exists (
                    select from unnest(p.forms) as o (labels) where r.labels <@ o.labels and r.labels <> o.labels
                )
            )
        end as required
    from placed as p
    where cardinality(p.forms) > 1
)

update published_fact as f
set required = w.required
from wanted as w
where f.line_number = w.line_number;
