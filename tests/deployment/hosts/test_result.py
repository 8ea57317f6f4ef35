"""In the end production and the archive hold everything that the exchange published, exactly once."""

from kalshi_data.simulator.verification import VERIFIED_STREAMS
from tests.deployment.hosts.fleet import DEDUPLICATOR
from tests.deployment.hosts.platform import Platform

SERVICE = "deduplicator.service"
WHOLE = ("series", "events", "markets")


def test_everything_published_is_in_production_once(platform: Platform) -> None:
    platform.finish()


def test_the_service_archives_by_itself_and_the_archive_is_what_production_holds(platform: Platform) -> None:
    # The daily snapshots of whole tables are due at once; the current hour is exported by hand.
    whole = {each["stream"]: each["state"] for each in platform.archived("list") if each["stream"] in WHOLE}
    assert whole == dict.fromkeys(WHOLE, "verified")

    # Once a minute the service classifies another minute of this hour, so a running one changes what was exported.
    run = platform.hosts[DEDUPLICATOR].run
    run("systemctl", "stop", SERVICE)
    try:
        run("deduplicator", "export", "--once", "--early")
        found = platform.archived("verify", "--deep")
    finally:
        run("systemctl", "start", SERVICE)
    assert found
    assert [each for each in found if each["state"] != "verified"] == []
    rows = {stream: sum(each["rows"] for each in found if each["stream"] == stream) for stream in VERIFIED_STREAMS}
    assert rows == {stream: counts.present for stream, counts in platform.compared().streams.items()}
