-- The one contract with the deduplicator: views in schema sync, the only place its role may look.
create schema sync;

-- Transaction ids start again when a database is rebuilt, so positions in it mean something only within one epoch.
create table capture.instance (
    only_row boolean primary key default true check (only_row),
    epoch uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now()
);
insert into capture.instance default values;

comment on table capture.instance is 'The identity of this database, made with it.';
comment on column capture.instance.epoch is
'Cursors belong to one epoch; a rebuilt database is read from its beginning.';
