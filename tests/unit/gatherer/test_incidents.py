"""Each incident is logged when it starts and when it is over."""

from structlog.testing import capture_logs

from kalshi_data.gatherer.incidents import KEY_REFUSED, UNREACHABLE, Incidents


def test_an_incident_is_logged_once_until_it_is_over_for_every_reporter() -> None:
    incidents = Incidents()
    with capture_logs() as lines:
        incidents.report(UNREACHABLE, "books-1", error="no route")
        incidents.report(UNREACHABLE, "books-2", error="no route")
        incidents.report(KEY_REFUSED, "rest")
        incidents.resolve("books-1")
        assert incidents
        incidents.resolve("books-2")
        incidents.resolve("rest")
        incidents.resolve("rest")
        incidents.report(UNREACHABLE, "books-1", error="no route")
    logged = [(line["log_level"], line["event"], line.get("incident")) for line in lines]
    assert logged == [
        ("error", UNREACHABLE, None),
        ("error", KEY_REFUSED, None),
        ("info", "incident over", UNREACHABLE),
        ("info", "incident over", KEY_REFUSED),
        ("error", UNREACHABLE, None),
    ]
