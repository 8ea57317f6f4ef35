-- Create the database kalshi_ts: the messages that a gatherer received, as time series.
-- A superuser runs this once, after creating the roles.
create database kalshi_ts owner gatherer;
