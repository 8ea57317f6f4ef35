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
                    then greatest(
                        least(began_at, opened_at),
                        -- The last changes of a book come up to half a minute after it closed. Only times without a
                        -- zone can be added to here.
                        least(
                            dropped_at,
                            (least(closed_at, determined_at) at time zone 'UTC' + interval '30 s') at time zone 'UTC'
                        )
                    )
            end
        )
    ) stored,
    primary key (channel, market_ticker)
);
create index expected_until on ops.expected (coalesce(upper(during), 'infinity'));

comment on table ops.expected is
'The time in which a market''s messages were to be recorded; outside of it nothing can be missing. Derived from '
'subscriptions and markets.';
comment on column ops.expected.channel is 'The exchange''s channel.';
comment on column ops.expected.market_ticker is 'Empty for a channel of all markets.';
comment on column ops.expected.began_at is 'When the first gatherer covered it.';
comment on column ops.expected.opened_at is
'When the market opened, if coverage followed within a day, or when the first gatherer connected, if that was later; '
'null if nothing was expected before coverage.';
comment on column ops.expected.dropped_at is
'When the last gatherer stopped covering it because the market is over; null while any gatherer may still cover it.';
comment on column ops.expected.closed_at is 'When the market closed, as the exchange lists it; null while it is open.';
comment on column ops.expected.determined_at is
'When the exchange announced that the market is determined or settled.';
comment on column ops.expected.during is 'The whole time; without an end while it lasts.';
