-- Return a market's body without prices and volumes: they change without moving its updated_time.
-- Parameters: body, a market as the exchange sent it
-- Returns: the body without those fields
create or replace function registry.without_quotes(body jsonb) returns jsonb
language sql
immutable parallel safe strict
return body - array[
    'yes_bid_dollars', 'yes_ask_dollars', 'no_bid_dollars', 'no_ask_dollars', 'last_price_dollars',
    'previous_yes_bid_dollars', 'previous_yes_ask_dollars', 'previous_price_dollars',
    'yes_bid_size_fp', 'yes_ask_size_fp', 'volume_fp', 'volume_24h_fp', 'open_interest_fp', 'liquidity_dollars'
];

comment on function registry.without_quotes is
'A market''s body without prices and volumes, which change without moving its updated_time.';

revoke execute on function registry.without_quotes from public;
