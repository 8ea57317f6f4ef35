-- After a restart or an outage the gatherer continues behind this frame, from its frame log.
create table capture.flush_position (
    shard smallint primary key default 1,
    frame_number bigint not null
);

comment on table capture.flush_position is
'The position in each shard''s frame log up to which everything is committed, written in the transaction of the rows.';
comment on column capture.flush_position.shard is
'The number of the shard, counted from 1; 1 for a gatherer without shards.';
comment on column capture.flush_position.frame_number is 'The number of the last committed frame.';
