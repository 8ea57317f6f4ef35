create table ops.lags (
    gatherer_id smallint not null,
    stream text not null,
    shard text not null,
    measured_at timestamptz not null,
    rows_waiting bigint,
    lag_seconds double precision,
    rows_held bigint,
    cause text,
    rows_per_second double precision,
    error text,
    primary key (gatherer_id, stream, shard)
);

comment on table ops.lags is 'How far production is behind each gatherer, as the deduplicator last measured it.';
comment on column ops.lags.shard is 'The deduplicator that measured it: which part of the markets, of how many.';
comment on column ops.lags.rows_waiting is
'Rows the gatherer holds and production does not, counted up to a million; null where the gatherer did not answer.';
comment on column ops.lags.lag_seconds is 'For how long the oldest of them has waited.';
comment on column ops.lags.rows_held is
'How many of them cannot be read yet, since an older transaction is open there.';
comment on column ops.lags.cause is 'That transaction and whose it is.';
comment on column ops.lags.rows_per_second is 'Rows polled per second between the last two measurements.';
comment on column ops.lags.error is 'Why nothing comes from this gatherer; null where nothing is wrong.';
