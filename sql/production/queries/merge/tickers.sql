-- Merge staged market summaries: hold one row per market, time and set of values; rows that agree in all that both have
-- are one. The rule is ops.merge_mixed_tickers; most hours need none, since all their rows have the same fields.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_tickers, ops.ticker_labels, ops.ticker_evidence
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
select
    m.gatherer_id,
    m.touched_hour,
    m.new_rows
from ops.merge_tickers() as m;
