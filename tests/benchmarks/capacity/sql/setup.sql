-- Tables of a database of its own in which the rows of a period are made. All gatherers receive the same rows, so they
-- are made once and copied from here.
-- Parameters: books, how many order books there are
create unlogged table made_markets as
select
    k,
    -- 36 letters, as long as real ones are.
    'KX' || upper(substr(md5((k / 50)::text), 1, 12)) || '-26NOV29' || upper(substr(md5((k / 10)::text), 1, 5)) || '-T'
    || lpad(k::text, 7, '0') collate "C" as ticker,
    md5(k::text)::uuid::text as market_id,
    -- In cents; changes happen within ten cents of it.
    30 + mod(k * 37, 40) as center,
    0::bigint as clock,
    null::timestamptz as changed_at,
    0::bigint as changes
from generate_series(1, %(books)s) as k;
create unique index on made_markets (k);

-- How often each level of a book was filled or emptied: a level with an odd number is filled.
create unlogged table made_levels (
    k integer, is_yes boolean, cents integer, toggles bigint, primary key (k, is_yes, cents)
);
create unlogged table made_deltas (
    n bigint, exchange_ts timestamptz, k integer, clock bigint, side text, price numeric, size_delta numeric,
    occurrence integer
);
create unlogged table made_tickers (
    n bigint, exchange_ts timestamptz, k integer, last_price numeric, yes_bid numeric, yes_ask numeric,
    yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric
);
create unlogged table made_trades (
    n bigint, exchange_ts timestamptz, k integer, trade_id text, yes_price numeric, size numeric, taker_side text
);
create unlogged table made_lifecycle_events (n bigint, sent_at timestamptz, subject_ticker text, payload jsonb);
create unlogged table made_snapshots (
    n bigint, k integer, yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[]
);
-- The last audit of each book by each gatherer, and the one before it. `changes` counts those of the book until then.
create unlogged table made_audits (
    n bigint, k integer, gatherer integer, received_at timestamptz, clock bigint, changed_at timestamptz,
    changes bigint, before_n bigint, before_at timestamptz, before_clock bigint, before_changed_at timestamptz,
    before_changes bigint, primary key (k, gatherer)
);
create index on made_deltas (n);
create index on made_tickers (n);
create index on made_trades (n);
create index on made_lifecycle_events (n);
create index on made_snapshots (n);

-- Contracts of a level: four of five are round.
create function made_size(k integer, is_yes boolean, cents integer, number bigint) returns numeric
language sql
immutable
as $$
    select case when mod(h, 5) = 0 then (1 + mod(h / 5, 50000)) * 0.02
        else 2 * ('{1,5,10,25,50,100,200,250,500,1000}'::numeric(12, 2)[])[1 + mod(h / 5, 10)] end::numeric(12, 2)
    from (select abs(hashint8(k * 2003::bigint + cents * 100003 + is_yes::integer + number * 7919)::bigint) as h) as x
$$;
