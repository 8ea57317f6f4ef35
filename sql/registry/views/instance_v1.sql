-- The identity of this gatherer's database.
-- Reads: registry.instance
create or replace view sync.instance_v1 as
select epoch, created_at
from registry.instance;

comment on view sync.instance_v1 is 'One row: the epoch that positions in this database belong to.';
