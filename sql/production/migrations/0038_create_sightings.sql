create table ops.sightings (
    stream text not null,
    seen_at timestamptz not null,
    key_hash bigint not null,
    gatherer_id smallint not null,
    received_at timestamptz not null,
    primary key (stream, seen_at, key_hash, gatherer_id)
);

comment on table ops.sightings is
'Who received a row, and when: the merge keeps only the first to bring it. A sample by the hash of the row''s '
'identity.';
comment on column ops.sightings.seen_at is 'The row''s own time, by the exchange''s clock.';
comment on column ops.sightings.key_hash is 'Hash of the row''s identity; rows of equal hash are taken for one.';
comment on column ops.sightings.received_at is 'When this gatherer received it first.';

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
comment on column ops.arbitration.hour is 'The beginning of the hour of the rows'' own time.';
comment on column ops.arbitration.sampled_one_in is 'One row of so many is in the sample; 1 for all.';
comment on column ops.arbitration.rows_sampled is 'Rows of the sample that any gatherer received.';
comment on column ops.arbitration.rows_seen is 'Those that this gatherer received.';
comment on column ops.arbitration.rows_unique is 'Those that it alone received.';
comment on column ops.arbitration.rows_first is 'Those that it received first; at equal times, the lowest number.';
comment on column ops.arbitration.rows_missed is 'Those that others received and it did not.';
comment on column ops.arbitration.skew_ms_p50 is
'Half of the rows came at most so much later than to the first gatherer.';
comment on column ops.arbitration.skew_ms_p95 is 'The same for 95 of 100 rows.';
comment on column ops.arbitration.skew_ms_p99 is 'The same for 99 of 100 rows.';
comment on column ops.arbitration.lag_ms_p50 is
'Half of the rows came at most so much after the exchange''s time; a clock that is off shows here.';
comment on column ops.arbitration.lag_ms_p99 is 'The same for 99 of 100 rows.';
