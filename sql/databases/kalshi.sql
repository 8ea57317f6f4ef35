-- Make the database kalshi: production, each fact once. A superuser does, once, after the roles.
create database kalshi owner kalshi_owner;
