-- After a restart or an outage the gatherer continues behind this frame, from its frame log.
create table capture.flush_position (
    only_row boolean primary key default true check (only_row),
    frame_number bigint not null
);

comment on table capture.flush_position is
'The position in the frame log up to which everything is committed, written in the same transaction as the rows.';
comment on column capture.flush_position.only_row is 'Always true; the key that allows one row only.';
comment on column capture.flush_position.frame_number is 'The number of the last committed frame.';
