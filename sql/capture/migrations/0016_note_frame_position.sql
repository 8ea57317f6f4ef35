-- The position is the number of a frame: after a restart or an outage the gatherer goes on behind it, from its frame
-- log.
drop table capture.flush_position;
create table capture.flush_position (
    only_row boolean primary key default true check (only_row),
    frame_number bigint not null
);

comment on table capture.flush_position is
'How far in the frame log everything is committed, written by the flush that commits it.';
comment on column capture.flush_position.frame_number is 'The number of the last frame that is committed.';
