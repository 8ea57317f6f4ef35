-- Say why a gatherer did not cover a market from some moment on.
-- Parameters: wanted_channel; wanted_ticker, empty for a channel of all markets; wanted_gatherer; moment, when the time
-- that it missed begins
-- Reads: ops.line_checks, ops.subscriptions, ops.connections
-- Returns: one row with the reason, never null, as a table so that PostgreSQL can inline it
create or replace function ops.missed_reason(
    wanted_channel text, wanted_ticker text, wanted_gatherer smallint, moment timestamptz
) returns table (reason text)
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
                    when s.end_reason <> 'closed'
                        then 'the exchange ended the subscription: ' || left(s.end_reason, 200)
                    else coalesce(
                        (
                            select
                                'its connection closed'
                                || coalesce(': ' || nullif(left(c.close_reason, 200), 'closed'), '')
                            from ops.connections as c
                            where
                                c.gatherer_id = s.gatherer_id and c.epoch = s.epoch
                                and c.connection_id = s.connection_id
                                and (s.end_reason = 'closed' or c.closed_at is not null)
                        ),
                        case when s.end_reason = 'closed'
                            then 'its connection closed' else 'nothing is known of it since then' end
                    )
                end
            from ops.subscriptions as s
            where
                s.channel = wanted_channel and s.market_ticker = wanted_ticker and s.gatherer_id = wanted_gatherer
                and s.began_at <= moment
            order by coalesce(s.ended_at, timestamptz 'infinity') desc
            limit 1
        ),
        'it had not subscribed'
    ) as reason;
$$;

comment on function ops.missed_reason is 'Why a gatherer did not cover a market from some moment on.';
