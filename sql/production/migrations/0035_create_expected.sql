create table ops.expected (
    channel text not null,
    market_ticker text collate "C" not null,
    began_at timestamptz not null,
    opened_at timestamptz,
    dropped_at timestamptz,
    closed_at timestamptz,
    determined_at timestamptz,
    during tstzrange not null generated always as (
        tstzrange(
            least(began_at, opened_at),
            case
                when coalesce(dropped_at, closed_at, determined_at) is not null
                    then greatest(least(began_at, opened_at), least(dropped_at, closed_at, determined_at))
            end
        )
    ) stored,
    primary key (channel, market_ticker)
);

comment on table ops.expected is
'When something was to be recorded: outside of it nothing can be missing. Kept by what subscriptions and markets say.';
comment on column ops.expected.market_ticker is 'Empty for a channel of all markets.';
comment on column ops.expected.began_at is 'When the first gatherer covered it.';
comment on column ops.expected.opened_at is
'When the market opened, where it was first covered later, but within a day; else it was not wanted before.';
comment on column ops.expected.closed_at is 'When the market closed, as the exchange lists it; null while it is open.';
comment on column ops.expected.dropped_at is
'When the last gatherer gave it up because the market is over; null while any may still want it.';
comment on column ops.expected.determined_at is 'When the exchange said that the market is determined or settled.';
comment on column ops.expected.during is 'The whole, without end while it goes on.';
