-- Compute the fewest changes that explain all evidence of each neighbourhood, from the narrowest window to the widest.
-- What the changes found so far do not explain is added. A clock goes to those changes that may have it and are known
-- best, of these to the earliest.
-- Reads: pg_temp.evidence
-- Returns: the number of the evidence whose window and amounts the changes have, their clock and count, and whether
-- the neighbourhood's changes say all that its evidence says
create or replace function ops.settle_evidence()
returns table (evidence bigint, clock bigint, change_count integer, is_exact boolean)
language plpgsql
as $$
declare
    claim record;
    here bigint;
    last integer := 0;
    origins bigint[];
    begins timestamptz[];
    ends timestamptz[];
    clocks bigint[];
    counts integer[];
    explained integer;
    with_clock integer;
    chosen integer;
begin
    for claim in
        select e.neighbourhood, e.number, e.from_at, e.until_at, e.clock, e.change_count, e.time_digits
        from (
            select * from pg_temp.evidence
            union all
            select (null::pg_temp.evidence).* -- ends the last neighbourhood
        ) as e
        order by
            e.neighbourhood, e.until_at - e.from_at, e.clock = 0, e.from_at, e.until_at, e.clock, e.change_count
    loop
        if claim.neighbourhood is distinct from here then
            for i in 1 .. last loop
                evidence := origins[i];
                clock := clocks[i];
                change_count := counts[i];
                return next;
            end loop;
            here := claim.neighbourhood;
            last := 0;
            is_exact := true;
        end if;
        explained := 0;
        with_clock := 0;
        for i in 1 .. last loop
            continue when begins[i] >= claim.until_at or ends[i] <= claim.from_at;
            if clocks[i] = claim.clock then
                with_clock := with_clock + counts[i];
            end if;
            if claim.clock = 0 or clocks[i] in (0, claim.clock) then
                explained := explained + counts[i];
            end if;
        end loop;
        is_exact := is_exact and claim.time_digits >= 0;
        if explained < claim.change_count then
            last := last + 1;
            origins[last] := claim.number;
            begins[last] := claim.from_at;
            ends[last] := claim.until_at;
            clocks[last] := claim.clock;
            counts[last] := claim.change_count - explained;
            with_clock := with_clock + counts[last];
        end if;
        while claim.clock <> 0 and with_clock < claim.change_count loop
            is_exact := false;
            select g.place into chosen
            from unnest(begins, ends, clocks) with ordinality as g (begins_at, ends_at, clock, place)
            where
                g.place <= last and g.clock = 0 and g.begins_at < claim.until_at and g.ends_at > claim.from_at
            order by g.ends_at - g.begins_at, g.begins_at, g.place
            limit 1;
            -- Of equal changes, those that are not needed stay without a clock.
            if counts[chosen] > claim.change_count - with_clock then
                last := last + 1;
                origins[last] := origins[chosen];
                begins[last] := begins[chosen];
                ends[last] := ends[chosen];
                clocks[last] := 0;
                counts[last] := counts[chosen] - (claim.change_count - with_clock);
                counts[chosen] := claim.change_count - with_clock;
            end if;
            clocks[chosen] := claim.clock;
            with_clock := with_clock + counts[chosen];
        end loop;
    end loop;
end;
$$;

comment on function ops.settle_evidence is 'Compute the fewest changes that explain all evidence.';
