-- Record that a connection to the exchange opened.
-- Parameters: connection_id bigint, name text, url text, use_yes_price boolean, opened_at timestamptz
-- Writes: capture.connections
-- Returns: nothing
insert into capture.connections (connection_id, name, url, use_yes_price, opened_at)
values (%(connection_id)s, %(name)s, %(url)s, %(use_yes_price)s, %(opened_at)s);
