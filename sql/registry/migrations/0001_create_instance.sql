-- Schema sync holds the views that the deduplicator reads: the only schema its role may use.
create schema sync;

-- Transaction ids restart when a database is rebuilt, so a position in it is valid within one epoch only.
create table registry.instance (
    only_row boolean primary key default true check (only_row),
    epoch uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now(),
    system_identifier bigint,
    timeline integer
);
insert into registry.instance default values;

comment on table registry.instance is 'The identity of this database; one row, made with the table.';
comment on column registry.instance.only_row is 'Always true; the key that allows one row only.';
comment on column registry.instance.epoch is
'Cursors belong to one epoch; a reader that finds another one starts from the beginning.';
comment on column registry.instance.created_at is 'When this epoch started.';
comment on column registry.instance.system_identifier is
'The PostgreSQL cluster of this epoch; null until the gatherer has first checked it.';
comment on column registry.instance.timeline is
'The cluster''s timeline in this epoch; a point-in-time restore or a promotion starts another one.';
