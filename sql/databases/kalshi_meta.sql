-- Create the database kalshi_meta: the series, events and markets that a gatherer knows.
-- A superuser runs this once, after creating the roles.
create database kalshi_meta owner gatherer;
