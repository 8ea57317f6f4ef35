-- Sum up who received what, per stream, hour and gatherer.
-- Parameters: sightings_one_in integer, of how many order-book changes one is in the sample
-- Writes: ops.arbitration, ops.sightings, ops.watermarks
-- Returns: how many rows were written
select ops.advance_arbitration(%(sightings_one_in)s::integer);
