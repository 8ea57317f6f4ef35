-- Create the database kalshi_meta: the series, events and markets that a gatherer knows.
-- A superuser runs this once, after creating the roles. The server's own encoding and locale do not matter.
create database kalshi_meta owner gatherer encoding 'UTF8' locale 'C' template template0;
