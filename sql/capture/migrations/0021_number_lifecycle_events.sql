alter table capture.lifecycle_events add column occurrence integer not null default 0;

comment on column capture.lifecycle_events.occurrence is
'How many equal messages of the same hour came before on the connection, so that equal messages stay as many.';
