-- Write the part of a query that reads what production holds of a table and time, packed rows included.
-- Parameters: target, the table that rows of a stream are merged into; time_column, null for the whole table
-- Returns: what follows from, with the alias t; $1 and $2 are when the time begins and ends
create or replace function ops.rows_expression(target regclass, time_column name) returns text
language sql
stable
as $$
    select
        case
            when target = to_regclass('market_data.hot_orderbook_deltas') then 'market_data.deltas_during($1, $2) as t'
            when target = to_regclass('market_data.hot_tickers') then 'market_data.tickers_during($1, $2) as t'
            when target = to_regclass('market_data.hot_trades') then 'market_data.trades_during($1, $2) as t'
            when target = to_regclass('market_data.hot_orderbook_snapshots')
                then 'market_data.snapshots_during($1, $2) as t'
            when target = to_regclass('market_data.coverage') then 'ops.coverage_during($1, $2) as t'
            when target = to_regclass('market_data.book_checks') then 'ops.book_checks_during($1, $2) as t'
            when target = to_regclass('market_data.incidents') then 'ops.incidents_during($1, $2) as t'
            when target = to_regclass('market_data.books') then 'ops.books_during($1, $2) as t'
            when target = to_regclass('market_data.settlements') then 'ops.settlements_during($1, $2) as t'
            when time_column is null then format('%s as t', target)
            else format('%1$s as t where t.%2$I >= $1 and t.%2$I < $2', target, time_column)
        end;
$$;

comment on function ops.rows_expression is
'The part of a query that reads what production holds of a table and time, packed rows included.';
