-- Record that a connection to the exchange opened.
-- Parameters: url text, use_yes_price boolean, opened_at timestamptz
-- Writes: capture.connections
-- Returns: connection_id
insert into capture.connections (url, use_yes_price, opened_at)
values (%(url)s, %(use_yes_price)s, %(opened_at)s)
returning connection_id;
