create table ops.hour_locks (
    number integer primary key check (number between 0 and 511)
);
insert into ops.hour_locks (number) select n.number from generate_series(0, 511) as n (number);

comment on table ops.hour_locks is
'What keeps packing and merging apart: who merges rows into an hour or a day shares its row here, who packs it locks '
'the row. Readers cannot, as they could with advisory locks.';
comment on column ops.hour_locks.number is
'Of an hour, hours since 1970, modulo 256; of a day, days since 1970, modulo 256, plus 256.';
