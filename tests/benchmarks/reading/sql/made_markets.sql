-- Markets with made-up names; the first ones have the most changes. YES orders lie below `centre` cents.
-- Needs the macro chance, and the variable markets: their number.
-- Returns: number, market_ticker, centre
create or replace temp table made_markets as
select
    m::integer as number,
    'KX' || upper(translate(left(md5((m % 600)::varchar), 6), '0123456789', 'ghijklmnop'))
    || '-26NOV' || lpad((2 + m % 28)::varchar, 2, '0') || '-T' || m as market_ticker,
    10 + floor(80 * chance(m, 1))::integer as centre
from (select unnest(range(getvariable('markets'))) as m) as numbered;
