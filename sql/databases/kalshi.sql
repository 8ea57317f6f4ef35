-- Make the database kalshi: production, each fact once.
-- Run once by a superuser, after the roles.
create database kalshi owner kalshi_owner;
