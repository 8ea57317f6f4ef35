-- Delete comparisons of order books on connections that are older than wanted, and the counts that belong to them.
-- Parameters: days_min integer, how long they are kept; rows_max integer, how many of each are deleted at most
-- Writes: ops.line_checks, ops.line_counts
-- Returns: how many rows were deleted of the table of which more were
with
checks as (
    delete from ops.line_checks as k
    where
        k.ctid = any(array(
            select each.ctid
            from ops.line_checks as each
            where each.from_at < now() - make_interval(days => %(days_min)s::integer)
            order by each.from_at
            limit %(rows_max)s::integer
        ))
    returning 1
),

counts as (
    delete from ops.line_counts as c
    where
        c.ctid = any(array(
            select each.ctid
            from ops.line_counts as each
            where each.from_at < now() - make_interval(days => %(days_min)s::integer)
            order by each.from_at
            limit %(rows_max)s::integer
        ))
    returning 1
)

select greatest((select count(*) from checks), (select count(*) from counts)) as deleted_rows;
