-- Return how far a reader of a stream is behind, and which open transaction holds rows back from it.
-- It runs with its owner's rights, because a reader sees neither unfinished transactions nor their sessions.
-- Parameters: stream, a view sync.<stream>_v1; after, the reader's position
-- Reads: the stream's table, running transactions
-- Returns: the rows after the position, counted up to 100,000; when the oldest of them was received; how many are
-- held back by an older open transaction; that transaction, or null if no row is held back
create or replace function sync.lag(
    stream text, after xid8,
    out rows_waiting bigint, out waiting_since timestamptz, out rows_held bigint, out cause text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    readable xid8 := pg_snapshot_xmin(pg_current_snapshot());
    time_column name;
begin
    if to_regclass(format('sync.%I', stream || '_v1')) is null then
        raise exception 'there is no stream %', stream;
    end if;
    select a.attname into strict time_column
    from unnest('{fetched_at,confirmed_at}'::name[]) with ordinality as t (attname, place)
    inner join pg_attribute as a on t.attname = a.attname
    where a.attrelid = format('registry.%I', stream)::regclass
    order by t.place
    limit 1;
    execute format(
        $query$
            select
                count(*), min(%1$I),
                (select count(*) from (
                    select from registry.%2$I as h where h.ingest_xid > $1 and h.ingest_xid >= $2 limit 100000
                ) as held)
            from (
                select s.%1$I from registry.%2$I as s
                where s.ingest_xid > $1 order by s.ingest_xid limit 100000
            ) as waiting
        $query$,
        time_column, stream
    ) into rows_waiting, waiting_since, rows_held using after, readable;
    if rows_held > 0 then
        select format(
            'transaction %s is open since %s: process %s of %s, %s',
            readable, a.xact_start, a.pid, a.usename, coalesce(nullif(a.application_name, ''), 'without a name')
        ) into cause
        from pg_stat_activity as a
        -- A session that has just ended its transaction has no time.
        where a.backend_xid = readable::xid and a.xact_start is not null;
        cause := coalesce(cause, format('transaction %s is open', readable));
    end if;
end;
$$;

comment on function sync.lag is
'How far a reader of a stream is behind, and which open transaction holds rows back from it.';

revoke execute on function sync.lag from public;
