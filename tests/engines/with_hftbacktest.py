"""Follows exported books in hftbacktest and trades on one; prints what the engine saw as JSON."""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
from hftbacktest import GTC, LIMIT, MARKET, BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.data.utils import tardis
from numba import njit

from kalshi_data.reader import ArchiveError, open_archive

SECOND = 1_000_000_000
TRADES_MAX = 10_000
ROWS_MAX = 100_000


def opened(files, latency_ns=0):
    """Return an engine over the files of one market; of an array of events it would hold only the address."""
    events = f"{Path(files[0]).name}.npz"
    tardis.convert(files, events, buffer_size=ROWS_MAX)
    asset = (
        BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(latency_ns, latency_ns)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0, 0)
        .tick_size(0.0001)
        .lot_size(0.01)
        .last_trades_capacity(TRADES_MAX)
    )
    return HashMapMarketDepthBacktest([asset])


@njit
def follow(engine, times, lowest, best, sizes, trades):
    """Note the whole book and the trades at each time; return how many there were of both."""
    engine.elapse(0)
    traded = 0
    for i in range(len(times)):
        wait = times[i] - engine.current_timestamp
        ended = wait > 0 and engine.elapse(wait) != 0
        depth = engine.depth(0)
        best[i, 0], best[i, 1], best[i, 2], best[i, 3] = (
            depth.best_bid,
            depth.best_bid_qty,
            depth.best_ask,
            depth.best_ask_qty,
        )
        for k in range(sizes.shape[1]):
            sizes[i, k, 0] = depth.bid_qty_at_tick(lowest + k)
            sizes[i, k, 1] = depth.ask_qty_at_tick(lowest + k)
        for trade in engine.last_trades(0):
            trades[traded, 0], trades[traded, 1] = trade.px, trade.qty
            trades[traded, 2] = 1 if trade.ev & (1 << 29) else -1 if trade.ev & (1 << 28) else 0
            traded += 1
        engine.clear_last_trades(0)
        if ended:
            return i + 1, traded
    return len(times), traded


@njit
def trade(engine):
    """Buy at the market, sell at the market, then wait with a bid at the best price; return what each came to."""
    engine.elapse(SECOND)
    ask = engine.depth(0).best_ask
    engine.submit_buy_order(0, 1, ask, 1.0, GTC, MARKET, True)
    bought, paid = engine.position(0), -engine.state_values(0).balance
    engine.elapse(60 * SECOND)
    bid = engine.depth(0).best_bid
    engine.submit_sell_order(0, 2, bid, 1.0, GTC, MARKET, True)
    sold, earned = engine.position(0), engine.state_values(0).balance + paid
    waiting = engine.depth(0).best_bid
    engine.submit_buy_order(0, 3, waiting, 0.25, GTC, LIMIT, True)
    engine.elapse(7200 * SECOND)
    return ask, bought, paid, bid, sold, earned, waiting, engine.position(0)


def of_files(market):
    """Return the states of one market, of its files."""
    return seen(market, opened(market["files"]))


def of_archive(market):
    """Return the states of one market in the library's own engine."""
    return seen(market, open_archive(market["archive"]).hftbacktest_engine(**market["window"]))


def seen(market, engine):
    """Return the states of an engine at the times asked for."""
    times = np.array(market["times"], np.int64)
    best = np.full((len(times), 4), np.nan)
    sizes = np.zeros((len(times), market["ticks"], 2))
    trades = np.zeros((TRADES_MAX, 3))
    reached, traded = follow(engine, times, market["lowest"], best, sizes, trades)
    engine.close()
    books = [
        [
            {int(k) + market["lowest"]: round(float(sizes[i, k, side]), 6) for k in np.flatnonzero(sizes[i, :, side])}
            for side in (0, 1)
        ]
        for i in range(reached)
    ]
    best = [[None if np.isnan(each) else round(float(each), 6) for each in row] for row in best[:reached]]
    return {"books": books, "best": best, "trades": trades[:traded].round(6).tolist()}


def refused(archive, window):
    """Return the error of an engine that cannot be made."""
    try:
        open_archive(archive).hftbacktest_engine(**window)
    except (ArchiveError, ValueError) as error:
        return str(error)
    raise AssertionError("it was made")


def traded(market):
    """Return what trading in the library's own engine came to."""
    engine = open_archive(market["archive"]).hftbacktest_engine(**market["window"], order_latency_seconds=0.005)
    found = [round(float(each), 6) for each in trade(engine)]
    engine.close()
    return found


def tied(files):
    """Return how many trades there are at the end, and the size of the best bid."""
    engine = opened(files)
    engine.elapse(0)
    engine.elapse(SECOND)
    found = {"trades": len(engine.last_trades(0)), "bid_size": engine.depth(0).best_bid_qty}
    engine.close()
    return found


def main(asked):
    """Return the states of each market, and what trading came to."""
    answer = {"markets": {name: of_files(market) for name, market in asked["markets"].items()}}
    answer["engines"] = {name: of_archive(market) for name, market in asked["markets"].items()}
    answer["traded"] = traded(asked["markets"][asked["busy"]])
    answer["refused"] = [refused(**each) for each in asked["refused"]]
    engine = opened(asked["trading"], latency_ns=5_000_000)
    answer["trading"] = [round(float(each), 6) for each in trade(engine)]
    engine.close()
    answer["tied"] = tied(asked["tied"])
    with redirect_stdout(StringIO()) as shown:
        exec(asked["snippet"], {})
    return {**answer, "shown": shown.getvalue()}


if __name__ == "__main__":
    # The conversion prints how far it is.
    with redirect_stdout(sys.stderr):
        found = main(json.load(sys.stdin))
    sys.stdout.write(json.dumps(found))
