-- Create the tables of a second classification, which writes the state of each market in each minute.
-- Returns: nothing
create schema eager;
create table eager.watermarks (like ops.watermarks including all);
create table eager.market_minutes_due (like ops.market_minutes_due including all);
create table eager.market_minutes (like ops.classified_minutes including all);
