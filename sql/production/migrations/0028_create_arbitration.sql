create table ops.arbitration (
    stream text not null,
    hour timestamptz not null,
    gatherer_id smallint not null,
    sampled_one_in integer not null,
    rows_sampled bigint not null,
    rows_seen bigint not null,
    rows_unique bigint not null,
    rows_first bigint not null,
    rows_missed bigint not null,
    skew_ms_p50 numeric,
    skew_ms_p95 numeric,
    skew_ms_p99 numeric,
    lag_ms_p50 numeric,
    lag_ms_p99 numeric,
    computed_at timestamptz not null default now(),
    primary key (stream, hour, gatherer_id)
);

comment on table ops.arbitration is 'What each gatherer contributed in each hour, counted in a sample of the rows.';
comment on column ops.arbitration.stream is 'The stream of the rows.';
comment on column ops.arbitration.hour is 'The start of the hour in which the rows'' own time lies.';
comment on column ops.arbitration.gatherer_id is 'The gatherer.';
comment on column ops.arbitration.sampled_one_in is 'The sample holds one row in this many; 1 for all rows.';
comment on column ops.arbitration.rows_sampled is 'Rows of the sample that any gatherer received.';
comment on column ops.arbitration.rows_seen is 'Those that this gatherer received.';
comment on column ops.arbitration.rows_unique is 'Those that only this gatherer received.';
comment on column ops.arbitration.rows_first is
'Those that this gatherer received first; at equal times, the lowest gatherer_id counts as first.';
comment on column ops.arbitration.rows_missed is 'Those that other gatherers received and this one did not.';
comment on column ops.arbitration.skew_ms_p50 is
'The median of the milliseconds by which rows came later than to the first gatherer.';
comment on column ops.arbitration.skew_ms_p95 is 'The 95th percentile of the same.';
comment on column ops.arbitration.skew_ms_p99 is 'The 99th percentile of the same.';
comment on column ops.arbitration.lag_ms_p50 is
'The median of the milliseconds from the exchange''s time to receipt; a wrong clock shows here.';
comment on column ops.arbitration.lag_ms_p99 is 'The 99th percentile of the same.';
comment on column ops.arbitration.computed_at is 'When the row was computed.';
