-- Give trades the fields that no connection got: a gatherer may have fetched them by REST.
-- Writes: pg_temp.journal
-- Returns: nothing
update journal
set line = whole
where whole #>> '{frame, type}' = 'trade' and form = 0;
