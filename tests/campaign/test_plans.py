"""A seed decides a plan, and what is drawn hurts whom it may hurt."""

from collections import Counter

import pytest

from tests.campaign.plan import ACTIONS, GATHERERS, OTHERS, make_plan

SEEDS = range(300)


@pytest.mark.parametrize("hurt", ["two", "all"])
def test_a_seed_always_decides_the_same(hurt: str) -> None:
    assert make_plan(7, 12.0, hurt) == make_plan(7, 12.0, hurt) != make_plan(8, 12.0, hurt)


def test_one_gatherer_is_never_hurt_unless_all_may_be() -> None:
    for seed in SEEDS:
        plan = make_plan(seed, 12.0, "two")
        assert plan.unhurt in GATHERERS
        assert plan.unhurt not in plan.late
        assert all(each.gatherer != plan.unhurt for each in plan.steps if each.hurts)
        assert make_plan(seed, 12.0, "all").unhurt is None


def test_faults_hit_all_gatherers_at_once_now_and_then() -> None:
    steps = [each for seed in SEEDS for each in make_plan(seed, 12.0, "all").steps if each.hurts]
    hit = Counter((each.action, str(each.details)) for each in steps)
    together = sum(len(GATHERERS) for count in hit.values() if count >= len(GATHERERS))
    assert len(steps) / 5 < together


def test_each_kind_of_fault_is_drawn_and_lies_within_the_run() -> None:
    steps = [each for seed in SEEDS for each in make_plan(seed, 12.0, "two").steps]
    assert {each.action for each in steps} == {each.name for each in (*ACTIONS, *OTHERS)}
    assert all(0 <= each.at_seconds <= 12 for each in steps)
    assert all(each.gatherer in GATHERERS for each in steps if each.action.split()[0] in ("gatherer", "poll", "feed"))
