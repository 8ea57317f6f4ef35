create table ops.delta_labels (
    hour timestamptz not null,
    time_digits smallint not null,
    has_clock boolean not null,
    primary key (hour, time_digits, has_clock)
);

comment on table ops.delta_labels is
'Which labels the order-book changes of an hour had. If all changes of an hour have the same, equal labels alone say '
'which rows are one change.';
comment on column ops.delta_labels.hour is 'The start of the hour.';
comment on column ops.delta_labels.time_digits is
'Decimal places of the second that exchange_ts has: 6, 3 or 0; -1 if the exchange sent no time.';
comment on column ops.delta_labels.has_clock is 'Whether the changes have a clock.';
