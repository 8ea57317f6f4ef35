-- Make the database kalshi_ts: what this gatherer received, in time series.
-- Run once by a superuser, after the roles.
create database kalshi_ts owner gatherer;
