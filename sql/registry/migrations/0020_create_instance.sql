-- Transaction ids start again when a database is rebuilt, so positions in it mean something only within one epoch.
create table registry.instance (
    only_row boolean primary key default true check (only_row),
    epoch uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now()
);
insert into registry.instance default values;

comment on table registry.instance is 'The identity of this database, made with it.';
comment on column registry.instance.epoch is
'Cursors belong to one epoch; a rebuilt database is read from its beginning.';
