-- Compute which gatherer received what, per stream and hour.
-- Parameters: sightings_one_in integer, the sample's size: one order-book change of this many
-- Writes: ops.arbitration, ops.sightings, ops.watermarks
-- Returns: how many rows were written
select ops.advance_arbitration(%(sightings_one_in)s::integer);
