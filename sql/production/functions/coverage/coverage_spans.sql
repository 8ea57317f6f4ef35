-- List when gatherers covered a market on a channel, as ops.coverage_spans_during explains.
-- Parameters: wanted_channel; wanted_ticker, empty for a channel of all markets; wanted, spans that touch this time
-- Reads: what ops.coverage_spans_during reads
-- Returns: one row per span, not cut to the time wanted
create or replace function ops.coverage_spans(wanted_channel text, wanted_ticker text, wanted tstzrange)
returns table (
    gatherer_id smallint,
    connection_id bigint,
    sid integer,
    began_at timestamptz,
    during tstzrange,
    ended_at timestamptz,
    end_reason text
)
language sql
stable
as $$
    -- Both functions are inlined, so this is a condition on the index of subscriptions, which has this order.
    select s.gatherer_id, s.connection_id, s.sid, s.began_at, s.during, s.ended_at, s.end_reason
    from ops.coverage_spans_during(wanted) as s
    where s.channel = wanted_channel and s.market_ticker = wanted_ticker collate "C";
$$;

comment on function ops.coverage_spans is
'When gatherers covered a market on a channel, as far as that is known.';
