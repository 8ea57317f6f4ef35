-- Create the table that polled comparisons of order books pass through.
-- Its columns are those that capture/poll/book_checks sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    epoch uuid not null,
    frame_number bigint,
    connection_id bigint,
    sid integer,
    market_ticker text collate "C",
    from_at timestamptz,
    until_at timestamptz,
    from_seq bigint,
    until_seq bigint,
    from_clock bigint,
    until_clock bigint,
    from_change_at timestamptz,
    until_change_at timestamptz,
    change_count bigint,
    inner_count bigint,
    level_count integer,
    is_equal boolean,
    wrong_level_count integer,
    difference jsonb,
    ingest_xid xid8 not null
) on commit delete rows;
