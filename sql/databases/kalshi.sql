-- Create the database kalshi: production, each fact once.
-- A superuser runs this once, after creating the roles. The server's own encoding and locale do not matter.
create database kalshi owner kalshi_owner encoding 'UTF8' locale 'C' template template0;
