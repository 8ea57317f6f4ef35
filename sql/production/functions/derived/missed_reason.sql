-- Say why a gatherer did not cover a market from some moment on.
-- Parameters: wanted_channel; wanted_ticker, empty for a channel of all markets; wanted_gatherer; moment, when the time
-- that it missed begins
-- Reads: ops.line_checks, ops.subscriptions, ops.connections
-- Returns: the reason, never null
create or replace function ops.missed_reason(
    wanted_channel text, wanted_ticker text, wanted_gatherer smallint, moment timestamptz
) returns text
language sql
stable
as $$
    select coalesce(
        (
            select 'the book that it kept differed from the next snapshot'
            from ops.line_checks as k
            where
                wanted_channel = 'orderbook_delta' and k.market_ticker = wanted_ticker
                and k.gatherer_id = wanted_gatherer and not k.is_equal
                and k.from_at <= moment and k.until_at > moment
            limit 1
        ),
        (
            select
                case
                    when s.end_reason = 'gap' then 'it missed messages on its connection'
                    when s.end_reason = 'stopped' then 'it was stopped'
                    when s.end_reason = 'crashed' then 'it crashed'
                    when s.end_reason = 'dropped' then 'it had given the market up'
                    when s.end_reason = 'closed' or (s.end_reason is null and c.closed_at is not null)
                        then 'its connection closed' || coalesce(': ' || nullif(left(c.close_reason, 200), 'closed'), '')
                    when s.end_reason is null then 'nothing is known of it since then'
                    else 'the exchange ended the subscription: ' || left(s.end_reason, 200)
                end
            from ops.subscriptions as s
            left join ops.connections as c
                on s.gatherer_id = c.gatherer_id and s.epoch = c.epoch and s.connection_id = c.connection_id
            where
                s.channel = wanted_channel and s.market_ticker = wanted_ticker and s.gatherer_id = wanted_gatherer
                and s.began_at <= moment
            order by coalesce(s.ended_at, timestamptz 'infinity') desc
            limit 1
        ),
        'it had not subscribed'
    );
$$;

comment on function ops.missed_reason is 'Why a gatherer did not cover a market from some moment on.';
