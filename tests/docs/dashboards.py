"""Writes the dashboards for Grafana from the lists below. They are plain JSON, so they need no library."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.conftest import ROOT

FOLDER = ROOT / "ansible" / "roles" / "monitoring" / "files" / "dashboards"
# The version of the format, which Grafana 11 and later read, and older ones as far as they know it.
SCHEMA_VERSION = 39
COLUMNS, WIDTH, HEIGHT = 3, 8, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
VARIABLE = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
G, D = "kalshi_gatherer_", "kalshi_deduplicator_"
RATE = "$__rate_interval"


class Panel(NamedTuple):
    """A plot of queries over time, each with its legend; `unit` is Grafana's name of it, `meaning` its help."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    meaning: str = ""


PLATFORM = (
    Panel(
        "Health: 0 healthy, 1 degraded, 2 unhealthy",
        ((f"{G}health", "gatherer {{instance}}"), (f"{D}health", "deduplicator {{instance}}")),
    ),
    Panel("Gatherers alive", ((f"sum({D}gatherer_alive)", "alive"),)),
    Panel("Merge lag", ((f"max by (stream) ({D}lag_seconds)", "{{stream}}"),), "s"),
    Panel("Rows that wait to be merged", ((f"sum by (stream) ({D}lag_rows)", "{{stream}}"),)),
    Panel("New rows a second", ((f"sum by (stream) (rate({D}rows_new_total[{RATE}]))", "{{stream}}"),), "rowsps"),
    Panel("Rows rejected a second", ((f"sum by (stream) (rate({D}rows_rejected_total[{RATE}]))", "{{stream}}"),)),
    Panel(
        "Duration of a merge tick, 99 of 100",
        ((f"histogram_quantile(0.99, sum by (stream, le) (rate({D}tick_seconds_bucket[{RATE}])))", "{{stream}}"),),
        "s",
    ),
    Panel("Days until production is full", ((f"{D}production_full_in_days", "days"),), "d"),
    Panel(
        "Production", ((f"{D}production_bytes", "size"), (f"{D}production_kept_bytes", "may not be dropped")), "bytes"
    ),
    Panel("Production answers after", ((f"{D}production_ping_seconds", "seconds"),), "s"),
    Panel("Age of the oldest transaction", ((f"{D}production_transaction_age", "transactions"),)),
    Panel("Tasks and streams that fail", ((f"{D}task_failing", "{{task}}"), (f"{D}stream_failing", "{{stream}}"))),
    Panel("Certificates end in", ((f"{D}certificate_end_timestamp_seconds - time()", "{{database}}"),), "s"),
    Panel("Memory", (("process_resident_memory_bytes", "{{job}} {{instance}}"),), "bytes"),
    Panel("Processors", ((f"rate(process_cpu_seconds_total[{RATE}])", "{{job}} {{instance}}"),)),
)
GATHERER = (
    Panel(
        "Connections",
        ((f"{G}connections_up", "up"), (f"{G}connections_wanted", "wanted"), (f"{G}connections_refused", "refused")),
    ),
    Panel("Frames a second", ((f"sum by (type) (rate({G}frames_received_total[{RATE}]))", "{{type}}"),)),
    Panel("Received", ((f"rate({G}received_bytes_total[{RATE}])", "bytes"),), "Bps"),
    Panel("Age of the last frame", ((f"time() - {G}last_frame_timestamp_seconds", "seconds"),), "s"),
    Panel(
        "Delay from the exchange, 99 of 100",
        (
            (f"histogram_quantile(0.99, sum by (le) (rate({G}feed_delay_seconds_bucket[{RATE}])))", "sent to received"),
            (f"histogram_quantile(0.99, sum by (le) (rate({G}commit_delay_seconds_bucket[{RATE}])))", "to committed"),
        ),
        "s",
    ),
    Panel("Clock ahead of the exchange's", ((f"{G}clock_difference_seconds", "seconds"),), "s"),
    Panel(
        "Order books",
        (
            (f"{G}markets_wanted", "wanted"),
            (f"{G}markets_subscribed", "subscribed"),
            (f"{G}markets_unassigned", "without room"),
            (f"{G}markets_refused", "refused"),
        ),
    ),
    Panel("Books compared a second", ((f"sum by (result) (rate({G}book_checks_total[{RATE}]))", "{{result}}"),)),
    Panel("Gaps in sequence numbers", ((f"sum by (channel) (increase({G}sequence_gaps_total[1h]))", "{{channel}}"),)),
    Panel("Reconnects in an hour", ((f"sum by (connection) (increase({G}reconnects_total[1h]))", "{{connection}}"),)),
    Panel(
        "Frames in quarantine in an hour",
        ((f"sum by (reason) (increase({G}frames_quarantined_total[1h]))", "{{reason}}"),),
    ),
    Panel("Unknown fields", ((f"sum by (type, field) (rate({G}unknown_fields_total[{RATE}]))", "{{type}} {{field}}"),)),
    Panel("Frames not committed yet", ((f"{G}behind_frames", "frames"),)),
    Panel("Frame log", ((f"{G}frame_log_bytes", "size"), (f"{G}frame_log_free_bytes", "free")), "bytes"),
    Panel("Days until rows must be dropped", ((f"{G}full_in_days", "days"),), "d"),
)
COMPLETENESS = (
    Panel(
        "Share of today's minutes of order books that is proven",
        ((f"{D}minutes_proven_share", "proven"),),
        "percentunit",
        "Of the minutes in which a book changed. The snapshot after a minute proves it, so the last ones are not.",
    ),
    Panel("Minutes lost in the last day", ((f"{D}minutes_lost", "{{stream}}"),)),
    Panel("Today's minutes", ((f"sum by (state) ({D}minutes)", "{{state}}"),)),
    Panel("Books compared with snapshots", ((f"{D}book_checks", "{{result}}"),)),
    Panel(
        "Counts of changes that differ",
        ((f"{D}line_counts_disputed", "differ"), (f"{D}line_counts_waiting", "to be counted")),
    ),
    Panel("Markets", ((f"{D}books_expected", "open"), (f"{D}books_missing", "followed by no gatherer"))),
    Panel("Gaps of gatherers in the last day", ((f"{D}gaps", "{{stream}} {{state}}"),)),
    Panel("Rows of a day that one gatherer alone received", ((f"{D}rows_unique", "{{gatherer}} {{stream}}"),)),
    Panel(
        "Share of rows that a gatherer received first",
        (
            (
                f"sum by (gatherer) ({D}rows_first) / ignoring (gatherer) group_left () sum({D}rows_first)",
                "gatherer {{gatherer}}",
            ),
        ),
        "percentunit",
    ),
    Panel("Rows of a day that a gatherer missed", ((f"{D}rows_missed", "{{gatherer}} {{stream}}"),)),
    Panel("Gaps in trades that REST does not fill", ((f"{G}trade_gaps_unrepaired", "{{instance}}"),)),
    Panel("Duration of the count", ((f"{D}completeness_count_seconds", "seconds"),), "s"),
)
ARCHIVE = (
    Panel("Oldest hour that waits", ((f"{D}archive_lag_seconds", "seconds"),), "s"),
    Panel("Hours that are due", ((f'{D}archive_hours{{state="due"}}', "{{stream}}"),)),
    Panel("Hours that fail", ((f'{D}archive_hours{{state="failing"}}', "{{stream}}"),)),
    Panel("Hours verified", ((f'{D}archive_hours{{state="verified"}}', "{{stream}}"),)),
    Panel("Size", ((f"{D}archive_bytes", "{{stream}}"),), "bytes"),
    Panel("Rows written a second", ((f"rate({D}archive_rows_total[{RATE}])", "rows"),), "rowsps"),
    Panel("Failed attempts in an hour", ((f"increase({D}archive_failures_total[1h])", "attempts"),)),
    Panel(
        "Hours to be packed",
        ((f"{D}packing_hours_due", "due"), (f"{D}packing_hours_failing", "fail")),
    ),
    Panel("Oldest hour to be packed", ((f"{D}packing_lag_seconds", "seconds"),), "s"),
)
DASHBOARDS = {"platform": PLATFORM, "gatherer": GATHERER, "completeness": COMPLETENESS, "archive": ARCHIVE}


def write_all() -> None:
    """Write a file for each dashboard."""
    FOLDER.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(render(name))


def render(name: str) -> str:
    """Return a dashboard as Grafana imports it; the reader chooses the Prometheus that is asked."""
    document = {
        "title": f"Kalshi: {name}",
        "uid": f"kalshi-{name}",
        "tags": ["kalshi"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "links": [{"type": "dashboards", "title": "Other dashboards", "tags": ["kalshi"], "asDropdown": True}],
        "panels": list(_panels(DASHBOARDS[name])),
    }
    return json.dumps(document, indent=1) + "\n"


def _panels(panels: tuple[Panel, ...]) -> Iterator[dict[str, Any]]:
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        yield {
            "id": number + 1,
            "type": "timeseries",
            "title": panel.title,
            "description": panel.meaning,
            "datasource": SOURCE,
            "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": panel.unit, "custom": {"axisSoftMin": 0}}, "overrides": []},
            "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
            "targets": [
                {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "datasource": SOURCE}
                for index, (query, legend) in enumerate(panel.queries)
            ],
        }
