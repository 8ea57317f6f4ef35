"""Some seeds: fixed ones, and one by the date, by turns with one gatherer unhurt and with all of them hurt."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.campaign.seeds import Campaign
from tests.support.memory import fast_folder, guarded_folder

SECONDS = 12.0
BY_DATE = datetime.now(UTC).toordinal()
SEEDS = [("all", 4002), ("all", 7006), (("two", "all")[BY_DATE % 2], BY_DATE)]


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    folder = guarded_folder(fast_folder(with_programs=True))
    with folder as place, Campaign(place, engine="plain", seconds=SECONDS) as shared:
        yield shared


@pytest.mark.parametrize(("hurt", "seed"), SEEDS)
def test_production_holds_what_it_promises_after_the_faults_of_a_seed(campaign: Campaign, hurt: str, seed: int) -> None:
    lines: list[str] = []
    report = campaign.run(seed, hurt, lines.append)
    assert not report.failures, "\n".join([*lines, *report.failures])
    assert report.figures["published"] > 100
