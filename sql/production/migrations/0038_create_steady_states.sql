create table ops.steady_states (
    stream text not null,
    market_ticker text collate "C" not null,
    since timestamptz not null,
    ended_at timestamptz check (ended_at > since),
    state text not null check (state in ('idle', 'repaired', 'gap')),
    check_at timestamptz,
    primary key (stream, market_ticker, since)
);
create index steady_states_open on ops.steady_states (stream, market_ticker) where ended_at is null;
create index steady_states_due on ops.steady_states (check_at) where ended_at is null;
create index on ops.steady_states (since);
create index steady_states_gaps on ops.steady_states (since) where state = 'gap';

comment on table ops.steady_states is
'The state of all minutes of a market while nothing happens to it: one row from one change of its coverage to the '
'next.';
comment on column ops.steady_states.stream is 'The stream.';
comment on column ops.steady_states.market_ticker is 'The market.';
comment on column ops.steady_states.since is 'The first minute that is in this state if it was expected.';
comment on column ops.steady_states.ended_at is
'The end of the last minute; null while the state lasts, which is known until the watermark of market_minutes.';
comment on column ops.steady_states.state is 'idle, repaired or gap, as in ops.market_minutes.';
comment on column ops.steady_states.check_at is
'When time alone may change the state, so that it is computed again; null for never.';
