-- Create the function that pairs published facts with held ones that may be them: in the order of publication, each
-- with the one that fewest later facts can be. As the facts that a held one may be follow each other, this finds the
-- greatest number of pairs.
-- Writes: pg_temp.pair_candidates, pg_temp.candidate
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
    for published in select distinct c.line_number from pg_temp.candidate as c order by c.line_number loop
        select c.held_id into chosen
        from pg_temp.candidate as c
        where c.line_number = published and not c.is_paired
        order by c.last_line_number, c.held_id
        fetch first row only;
        if found then
            update pg_temp.candidate as c set is_paired = true where c.held_id = chosen;
            pairs := pairs + 1;
        end if;
    end loop;
    return pairs;
end;
$$;
