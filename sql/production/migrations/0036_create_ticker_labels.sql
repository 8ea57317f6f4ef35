create table ops.ticker_labels (
    hour timestamptz not null,
    labels integer not null,
    primary key (hour, labels)
);

comment on table ops.ticker_labels is
'Which sets of fields the market summaries of an hour have. In an hour with one set, no two rows can be one fact.';
comment on column ops.ticker_labels.hour is 'The beginning of the hour.';
comment on column ops.ticker_labels.labels is 'The set, as ops.ticker_labels_of writes it.';
