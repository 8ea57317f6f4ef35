"""Exports markets into a catalog, follows and trades them in NautilusTrader; prints what the engine saw as JSON."""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from nautilus_trader import __version__
from nautilus_trader.adapters.tardis.loaders import TardisCSVDataLoader
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import InstrumentClose
from nautilus_trader.model.enums import AccountType, BookType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.catalog import ParquetDataCatalog
from nautilus_trader.trading.strategy import Strategy

from kalshi_data.reader import ArchiveError, open_archive

# A market is bought at its first offer and sold in part some events later.
SELLS_AFTER = 5


class WatchConfig(StrategyConfig, frozen=True):
    """Which market is watched, and whether it is traded."""

    instrument_id: InstrumentId
    is_traded: bool = False


class Watch(Strategy):
    """Notes each book and each trade as the engine gives them to a strategy."""

    def __init__(self, config):
        super().__init__(config)
        self.states, self.trades, self.quotes, self.fills = [], [], [], []

    def on_start(self):
        self.subscribe_order_book_deltas(self.config.instrument_id, book_type=BookType.L2_MBP)
        self.subscribe_trade_ticks(self.config.instrument_id)

    def on_order_book_deltas(self, deltas):
        book = self.cache.order_book(self.config.instrument_id)
        self.states.append([deltas.ts_event, deltas.ts_init, ladder(book.bids()), ladder(book.asks())])
        if self.config.is_traded and not self.quotes and book.best_ask_price():
            self.order(OrderSide.BUY, 2, book.best_ask_price())
        elif len(self.quotes) == 1 and len(self.states) > SELLS_AFTER and book.best_bid_price():
            self.order(OrderSide.SELL, 1, book.best_bid_price())

    def order(self, side, size, quote):
        """Send an order at the market, and keep the quote that it met."""
        size = self.cache.instrument(self.config.instrument_id).make_qty(size)
        self.quotes.append(str(quote))
        self.submit_order(self.order_factory.market(self.config.instrument_id, side, size))

    def on_order_filled(self, event):
        self.fills.append([event.order_side.name, str(event.last_px), str(event.last_qty)])

    def on_trade_tick(self, tick):
        side = tick.aggressor_side.name
        self.trades.append([str(tick.trade_id), str(tick.price), str(tick.size), side, tick.ts_event, tick.ts_init])


def ladder(levels):
    """Return the sizes of a side by their prices, exactly."""
    return {str(level.price): str(sum(each.size.as_decimal() for each in level.orders())) for level in levels}


def run(instrument, data, is_traded=False):
    """Run a market alone; return what the strategy saw, and its positions."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    closes = [each for rows in data for each in rows if isinstance(each, InstrumentClose)]
    # Before 1.231 the engine itself takes the price of the close.
    prices = {each.instrument_id: float(each.close_price) for each in closes}
    settled = {"settlement_prices": prices} if "settlement_prices" in BacktestEngine.add_venue.__doc__ else {}
    engine.add_venue(
        Venue("KALSHI"),
        OmsType.NETTING,
        AccountType.CASH,
        [Money(1000, USD)],
        base_currency=USD,
        book_type=BookType.L2_MBP,
        **settled,
    )
    engine.add_instrument(instrument)
    for rows in filter(None, data):
        engine.add_data(rows)
    watch = Watch(WatchConfig(instrument_id=instrument.id, is_traded=is_traded))
    engine.add_strategy(watch)
    engine.run()
    found = {**noted(engine, watch), "closes": [str(each.close_price) for each in closes]}
    engine.dispose()
    return found


def noted(engine, watch):
    """Return what a strategy saw, and its positions."""
    positions = engine.trader.generate_positions_report()
    columns = ("entry", "peak_qty", "quantity", "avg_px_open", "avg_px_close", "realized_pnl")
    of_market = str(watch.config.instrument_id)
    held = [
        {each: str(row[each]) for each in columns}
        for _, row in positions.iterrows()
        if str(row["instrument_id"]) == of_market
    ]
    balance = str(engine.trader.generate_account_report(Venue("KALSHI")).iloc[-1]["total"])
    seen = {"states": watch.states, "trades": watch.trades, "quotes": watch.quotes, "fills": watch.fills}
    return {**seen, "positions": held, "balance": balance}


def from_archive(archive, traded, **window):
    """Run all markets in one engine of the library."""
    engine = open_archive(archive).nautilus_engine(**window)
    watches = {}
    for number, instrument in enumerate(engine.cache.instruments()):
        market = str(instrument.raw_symbol)
        config = WatchConfig(instrument_id=instrument.id, is_traded=market in traded, order_id_tag=f"{number:03}")
        watches[market] = Watch(config)
        engine.add_strategy(watches[market])
    engine.run()
    found = {market: noted(engine, watch) for market, watch in watches.items()}
    engine.dispose()
    return found


def books_at(archive, moments, **window):
    """Return the best prices of each book in the library's engine at some moments, without a strategy."""
    engine = open_archive(archive).nautilus_engine(**window)
    found = []
    for moment in moments:
        engine.run(end=moment, streaming=True)
        books = {str(each.raw_symbol): engine.cache.order_book(each.id) for each in engine.cache.instruments()}
        found.append({name: [str(book.best_bid_price()), str(book.best_ask_price())] for name, book in books.items()})
    engine.end()
    engine.dispose()
    return found


def from_catalog(folder, traded):
    """Run each market of a catalog."""
    catalog = ParquetDataCatalog(folder)
    found = {}
    for instrument in catalog.instruments():
        named = [str(instrument.id)]
        deltas = catalog.order_book_deltas(instrument_ids=named, batched=True)
        closes = catalog.query(InstrumentClose, identifiers=named)
        market = str(instrument.raw_symbol)
        found[market] = run(
            instrument, [catalog.trade_ticks(instrument_ids=named), deltas, closes], is_traded=market in traded
        )
        found[market]["instrument"] = [type(instrument).__name__, str(instrument.id), instrument.description]
    return found, {str(each.raw_symbol): each for each in catalog.instruments()}


def from_csv(files, instrument):
    """Run the files of Tardis by the engine's own loader."""
    loader = TardisCSVDataLoader(price_precision=4, size_precision=2, instrument_id=instrument.id)
    trades, book = map(Path, files)
    return run(instrument, [loader.load_trades(trades), loader.load_deltas(book)])


def refused(archive, method="export_nautilus", **given):
    """Return the error of an export or an engine that cannot be made."""
    try:
        getattr(open_archive(archive), method)(**given)
    except ArchiveError as error:
        return str(error)
    raise AssertionError("it was written")


def main(asked):
    """Do what is asked: the page's snippet, exports in their order, then each catalog, then the files."""
    with redirect_stdout(StringIO()) as shown:
        exec(asked["snippet"], {})
    written = [
        [each._asdict() for each in open_archive(export.pop("archive")).export_nautilus(**export)]
        for export in asked["exports"]
    ]
    found, instruments = {}, {}
    for name, folder in asked["catalogs"].items():
        found[name], of_catalog = from_catalog(folder, asked["traded"])
        instruments |= of_catalog
    csv = {market: from_csv(files, instruments[market]) for market, files in asked["tardis"].items()}
    answer = {"shown": shown.getvalue(), "version": __version__, "written": written, "catalogs": found, "tardis": csv}
    answer["engines"] = {name: from_archive(**each) for name, each in asked["engines"].items()}
    answer["books"] = books_at(**asked["books"])
    return {**answer, "refused": [refused(**each) for each in asked["refused"]]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin)), default=str))
