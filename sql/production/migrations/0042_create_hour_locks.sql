create table ops.hour_locks (
    number integer primary key check (number between 0 and 255)
);
insert into ops.hour_locks (number) select n.number from generate_series(0, 255) as n (number);

comment on table ops.hour_locks is
'What keeps packing and merging apart: who merges rows into an hour shares its row here, who packs the hour locks it. '
'Readers cannot, as they could with advisory locks.';
comment on column ops.hour_locks.number is 'Hours since 1970, modulo 256.';
