"""Fields of markets and events that the exchange has removed, for clients that still require them.

Source: the exchange's changelog from January to October 2026.
"""

from decimal import Decimal
from typing import Any

DOLLARS, COUNT = "_dollars", "_fp"
REMOVED_FROM_EVENTS = {"available_on_brokers": False, "category": "Recorded"}
REMOVED_FROM_MARKETS = {
    "category": "Recorded",
    "fractional_trading_enabled": True,
    "liquidity": 0,
    "liquidity_dollars": "0.0000",
    "response_price_units": "usd_cent",
    "risk_limit_cents": 0,
    "tick_size": 1,
}


def with_removed_fields(market: dict[str, Any]) -> dict[str, Any]:
    """Return a market with its removed fields, such as prices in whole cents and whole numbers of contracts."""
    cents = {
        name.removesuffix(DOLLARS): int(Decimal(value) * 100)
        for name, value in market.items()
        if name.endswith(DOLLARS) and isinstance(value, str)
    }
    counts = {
        name.removesuffix(COUNT): int(Decimal(value))
        for name, value in market.items()
        if name.endswith(COUNT) and isinstance(value, str)
    }
    return {**REMOVED_FROM_MARKETS, **cents, **counts, **market}
