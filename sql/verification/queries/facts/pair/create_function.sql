-- Create the function that pairs each published fact with one of its candidates, the held facts that may be the same.
-- It goes through the published facts in the order of publication, first through those that any connection got. Of the
-- candidates of a fact that are still free, it takes the one whose last published fact comes first: that one helps the
-- fewest later facts. The facts that share a candidate are published one after another, so this finds the greatest
-- number of pairs.
-- Writes: pg_temp.pair_candidates, pg_temp.candidate, pg_temp.published_fact
-- Returns: nothing; the function returns the number of pairs
create or replace function pg_temp.pair_candidates() returns bigint
language plpgsql
as $$
declare
    published bigint;
    chosen bigint;
    pairs bigint := 0;
begin
    create index if not exists candidate_line_number on pg_temp.candidate (line_number);
    create index if not exists candidate_held_id on pg_temp.candidate (held_id);
    for published in
        select f.line_number
        from pg_temp.published_fact as f
        where exists (select from pg_temp.candidate as c where c.line_number = f.line_number)
        order by f.is_sent desc, f.line_number asc
    loop
        select c.held_id into chosen
        from pg_temp.candidate as c
        where c.line_number = published and not c.is_paired
        order by c.last_line_number, c.held_id
        fetch first row only;
        if found then
            update pg_temp.candidate as c set is_paired = true where c.held_id = chosen;
            update pg_temp.published_fact as f set held_id = chosen where f.line_number = published;
            pairs := pairs + 1;
        end if;
    end loop;
    return pairs;
end;
$$;
