-- A value of each of thirty indices in each second.
-- Needs the variable begin_at.
-- Returns: the columns of index_values
select
    'INDEX' || i.number as index_id, getvariable('begin_at') + to_seconds(s.second) as source_ts,
    getvariable('begin_at') + to_seconds(s.second) as published_at,
    (100 * i.number + s.second * 0.01)::decimal(38, 18) as value, null::decimal(38, 18) as average_60s,
    null::decimal(38, 18) as average_15min,
    to_json(struct_pack(
        index_id := 'INDEX' || i.number, value := (100 * i.number + s.second * 0.01)::varchar,
        source_ts_ms := epoch_ms(getvariable('begin_at') + to_seconds(s.second))
    ))::varchar as payload,
    getvariable('begin_at') + to_seconds(s.second) as received_at, 1::smallint as gatherer_id
from range(30) as i (number)
cross join range(3600) as s (second)
