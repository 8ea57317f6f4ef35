create table ops.series_minutes (
    stream text not null,
    series text collate "C" not null,
    day date not null,
    markets integer not null,
    minutes jsonb not null,
    states jsonb not null,
    computed_at timestamptz not null default now(),
    primary key (day, stream, series)
);

comment on table ops.series_minutes is
'The minutes of ops.market_minutes of a day, summed up over the markets of each series and over all markets, now and '
'then: with 50,000 markets that takes seconds, which no page can wait for.';
comment on column ops.series_minutes.stream is 'The stream.';
comment on column ops.series_minutes.series is
'The ticker of the series, as the market''s ticker begins; empty for all markets of the stream together.';
comment on column ops.series_minutes.day is 'The day in UTC.';
comment on column ops.series_minutes.markets is 'How many markets have minutes with a state on this day.';
comment on column ops.series_minutes.minutes is
'The minutes of these markets together, by state; a state without any is left out.';
comment on column ops.series_minutes.states is
'The worst state in each part of the day, by the number of the part; parts without a state are left out.';
comment on column ops.series_minutes.computed_at is 'When the row was computed.';
