-- Drop partitions of hot order-book changes that packing has emptied.
-- Writes: partitions of market_data.hot_orderbook_deltas
-- Returns: the names of what was dropped, and the time each held
select
    d.partition_name,
    lower(d.during) as began_at,
    upper(d.during) as ended_at
from ops.drop_packed_partitions() as d;
