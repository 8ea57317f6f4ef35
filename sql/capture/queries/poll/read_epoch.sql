-- Read the epoch of a gatherer's database.
-- Reads: sync.instance_v1
-- Returns: the epoch uuid
select epoch
from sync.instance_v1;
