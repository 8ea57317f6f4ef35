-- Create the cursor of a gatherer's stream if it is missing.
-- Parameters: gatherer_id smallint, epoch uuid, stream text, shard text
-- Writes: ops.cursors
-- Returns: nothing
insert into ops.cursors (gatherer_id, epoch, stream, shard)
values (%(gatherer_id)s, %(epoch)s, %(stream)s, %(shard)s)
on conflict do nothing;
