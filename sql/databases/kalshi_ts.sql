-- Create the database kalshi_ts: the messages that a gatherer received, as time series.
-- A superuser runs this once, after creating the roles. The server's own encoding and locale do not matter.
create database kalshi_ts owner gatherer encoding 'UTF8' locale 'C' template template0;
