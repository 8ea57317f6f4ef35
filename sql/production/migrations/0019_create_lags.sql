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
comment on column ops.lags.gatherer_id is 'The gatherer.';
comment on column ops.lags.stream is 'The stream that is read.';
comment on column ops.lags.shard is 'The part of the markets that the measuring deduplicator merges, as part/parts.';
comment on column ops.lags.measured_at is 'When it was measured.';
comment on column ops.lags.rows_waiting is
'Rows that the gatherer holds and production does not, counted up to 100,000; null if the gatherer did not answer.';
comment on column ops.lags.lag_seconds is 'How long the oldest of them has waited.';
comment on column ops.lags.rows_held is
'How many of them cannot be read yet, because an older transaction is open on the gatherer.';
comment on column ops.lags.cause is 'That transaction and the session that has it open.';
comment on column ops.lags.rows_per_second is 'Rows polled per second between the last two measurements.';
comment on column ops.lags.error is 'Why this gatherer cannot be read; null if it can.';
