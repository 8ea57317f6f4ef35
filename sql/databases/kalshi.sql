-- Create the database kalshi: production, each fact once.
-- A superuser runs this once, after creating the roles.
create database kalshi owner kalshi_owner;
