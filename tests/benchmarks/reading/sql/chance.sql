-- A number from 0 to less than 1 that looks random and is the same in each run.
-- Parameters: number, of a row; part, of what the row needs it for
-- Returns: double
create or replace macro chance(number, part) as (hash(number, part) % 1000003) / 1000003.0;
