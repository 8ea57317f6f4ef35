-- Compute the fewest changes that explain all evidence of each neighbourhood. The loop takes the evidence from the
-- narrowest window to the widest. If the changes found so far are fewer than the evidence says, it adds the rest. If
-- too few of them have the evidence's clock, it gives the clock to changes without one whose windows overlap: to those
-- of the narrowest windows first, of these to the earliest.
-- A burst may hold thousands of changes. So they are counted by the ranks of their times in Fenwick trees (arrays of
-- partial sums), once all changes and once those without a clock. The changes of each clock are a linked list.
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
    begin_ranks integer[];
    end_ranks integer[];
    clocks bigint[];
    counts integer[];
    -- The linked lists. latest: by the rank of a clock, the last change that has it. previous: by change, the one before
    -- it that has the same clock.
    latest integer[];
    previous integer[];
    -- Partial sums of changes by the ranks at which their windows begin and end.
    begun integer[];
    ended integer[];
    bare_begun integer[];
    bare_ended integer[];
    place integer;
    explained integer;
    with_clock integer;
    chosen integer;
begin
    for claim in
        with times as materialized (
            select e.neighbourhood, array_agg(distinct t.at order by t.at) as ranked
            from pg_temp.evidence as e
            cross join lateral (values (e.from_at), (e.until_at)) as t (at)
            group by e.neighbourhood
        )

        select
            e.neighbourhood, e.number, e.from_at, e.until_at, e.clock, e.change_count, e.time_digits,
            dense_rank() over (partition by e.neighbourhood order by e.clock) as clock_rank,
            width_bucket(e.from_at, t.ranked) as from_rank, width_bucket(e.until_at, t.ranked) as until_rank,
            cardinality(t.ranked) as ranks
        from (
            select * from pg_temp.evidence
            union all
            select (null::pg_temp.evidence).* -- ends the last neighbourhood
        ) as e
        left join times as t on e.neighbourhood = t.neighbourhood
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
            exit when claim.neighbourhood is null;
            here := claim.neighbourhood;
            last := 0;
            is_exact := true;
            latest := '{}';
            begun := array_fill(0, array[claim.ranks]);
            ended := begun;
            bare_begun := begun;
            bare_ended := begun;
        end if;

        -- Changes that begin before the window ends, less those that end before it begins.
        explained := 0;
        with_clock := 0;
        place := claim.until_rank - 1;
        while place > 0 loop
            explained := explained + case claim.clock when 0 then begun[place] else bare_begun[place] end;
            place := place & (place - 1);
        end loop;
        place := claim.from_rank;
        while place > 0 loop
            explained := explained - case claim.clock when 0 then ended[place] else bare_ended[place] end;
            place := place & (place - 1);
        end loop;
        if claim.clock <> 0 then
            place := latest[claim.clock_rank];
            while place is not null loop
                if begins[place] < claim.until_at and ends[place] > claim.from_at then
                    with_clock := with_clock + counts[place];
                end if;
                place := previous[place];
            end loop;
            explained := explained + with_clock;
        end if;

        is_exact := is_exact and claim.time_digits >= 0;
        if explained < claim.change_count then
            last := last + 1;
            origins[last] := claim.number;
            begins[last] := claim.from_at;
            ends[last] := claim.until_at;
            begin_ranks[last] := claim.from_rank;
            end_ranks[last] := claim.until_rank;
            clocks[last] := claim.clock;
            counts[last] := claim.change_count - explained;
            previous[last] := null;
            if claim.clock <> 0 then
                with_clock := with_clock + counts[last];
                previous[last] := latest[claim.clock_rank];
                latest[claim.clock_rank] := last;
            end if;
            place := claim.from_rank;
            while place <= claim.ranks loop
                begun[place] := begun[place] + counts[last];
                bare_begun[place] := bare_begun[place] + case claim.clock when 0 then counts[last] else 0 end;
                place := place + (place & -place);
            end loop;
            place := claim.until_rank;
            while place <= claim.ranks loop
                ended[place] := ended[place] + counts[last];
                bare_ended[place] := bare_ended[place] + case claim.clock when 0 then counts[last] else 0 end;
                place := place + (place & -place);
            end loop;
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
                begin_ranks[last] := begin_ranks[chosen];
                end_ranks[last] := end_ranks[chosen];
                clocks[last] := 0;
                counts[last] := counts[chosen] - (claim.change_count - with_clock);
                previous[last] := null;
                counts[chosen] := claim.change_count - with_clock;
            end if;
            clocks[chosen] := claim.clock;
            previous[chosen] := latest[claim.clock_rank];
            latest[claim.clock_rank] := chosen;
            with_clock := with_clock + counts[chosen];
            place := begin_ranks[chosen];
            while place <= claim.ranks loop
                bare_begun[place] := bare_begun[place] - counts[chosen];
                place := place + (place & -place);
            end loop;
            place := end_ranks[chosen];
            while place <= claim.ranks loop
                bare_ended[place] := bare_ended[place] - counts[chosen];
                place := place + (place & -place);
            end loop;
        end loop;
    end loop;
end;
$$;

comment on function ops.settle_evidence is 'Compute the fewest changes that explain all evidence.';
