-- Read how many transactions ago the oldest one began that the database must remember.
-- Returns: the number; PostgreSQL refuses to write shortly before two thousand million
select age(datfrozenxid) as transactions
from pg_database
where datname = current_database();
