-- When the connection breaks during a commit, this tells whether the flush is in the database or has to be repeated.
create table capture.flush_position (
    only_row boolean primary key default true check (only_row),
    run_id uuid not null,
    flush_number bigint not null
);

comment on table capture.flush_position is 'The last flush that was committed, written by that flush.';
comment on column capture.flush_position.run_id is 'The run of the gatherer that numbered the flush.';
