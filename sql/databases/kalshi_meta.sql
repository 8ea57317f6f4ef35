-- Make the database kalshi_meta: series, events and markets as a gatherer knows them.
-- Run once by a superuser, after the roles.
create database kalshi_meta owner gatherer;
