-- Make the database kalshi_ts: what this gatherer received, in time series. A superuser does, once, after the roles.
create database kalshi_ts owner gatherer;
