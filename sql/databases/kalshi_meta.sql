-- Make the database kalshi_meta: series, events and markets as this gatherer knows them. A superuser does, once, after the roles.
create database kalshi_meta owner gatherer;
