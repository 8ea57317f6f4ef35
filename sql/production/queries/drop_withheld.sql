-- Take messages off the journal that were sent to no connection: nobody subscribed them, or a fault kept them back.
-- No platform can hold what nobody was sent; how many there were is told beside the verdict.
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of lines taken off
delete from journal
where
    line ->> 'sent' = '0'
    and line #>> '{frame, type}' in (
        'trade', 'orderbook_delta', 'orderbook_snapshot', 'ticker', 'market_lifecycle_v2',
        'multivariate_market_lifecycle', 'event_lifecycle', 'event_fee_update'
    );
