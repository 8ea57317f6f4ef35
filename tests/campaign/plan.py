"""What a seed decides: the markets, the load, which gatherers are hurt, and each fault with its time."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kalshi_data.simulator.feed.field_sets import FIELDS

GATHERERS = (1, 2, 3)
Details = Mapping[str, Any]
Draw = Callable[[random.Random], Details]
# Mean seconds between two faults.
PAUSE_SECONDS = 1.0
# And between two of OTHERS.
OTHERS_PAUSE_SECONDS = 4.0
FAULT_SECONDS_MAX = 5.0
# A message is believed to have been sent up to an hour after it was received.
CLOCK_STEPS_SECONDS = (-3_000, -30, -2, -0.3, 0.3, 2, 30, 3_600, 86_400)
# If messages may lack all times of the exchange, only hosts say when they were. Copies more than 5 s apart then count
# as two messages, so clocks are wrong by less, and less is late.
UNTIMED_SECONDS_MAX = 1.0
LATE = ("gatherer freeze", "feed stall", "exchange reorder")
# If all gatherers may be hurt, this share of their faults hits all of them, one within this time of the other.
STORM_SHARE, STORM_SECONDS = 0.35, 1.5


class Action(NamedTuple):
    """A kind of fault.

    `hurts` is "gatherer" if one gatherer may miss messages by it, and "none" if all messages still arrive. `weight` is
    how often it is drawn, and `draw` gives what it is carried out with.
    """

    name: str
    hurts: str
    weight: int
    draw: Draw


class Step(NamedTuple):
    """One fault of a run: `gatherer` is None if it is not one of a gatherer, `hurts` if that may miss messages."""

    at_seconds: float
    action: str
    gatherer: int | None
    details: Details
    hurts: bool = False

    def __str__(self) -> str:
        """Return it in a line."""
        whom = f" of gatherer {self.gatherer}" if self.gatherer else ""
        details = " ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.at_seconds:6.2f} s  {self.action}{whom}  {details}".rstrip()


class Plan(NamedTuple):
    """A whole run.

    `unhurt` is the gatherer that no fault hurts, None if all may be hurt; `late` are those that start in mid-run, with
    the second at which they do.
    """

    seed: int
    seconds: float
    unhurt: int | None
    exchange: Sequence[str]
    audit_seconds: int
    late: Mapping[int, float]
    steps: Sequence[Step]


def lasting(chance: random.Random) -> Details:
    """Draw how long a fault lasts."""
    return {"seconds": round(chance.uniform(0.1, FAULT_SECONDS_MAX), 2)}


def counted(chance: random.Random) -> Details:
    """Draw how many frames a fault changes."""
    return {"count": chance.choice((1, 2, 5, 20))}


def of_fields(chance: random.Random) -> Details:
    """Draw the fields that frames lack."""
    return {
        **counted(chance),
        "fields": sorted(chance.sample(sorted(FIELDS - {"sending_ts_ms"}), chance.randint(1, 4))),
    }


def stepped(chance: random.Random) -> Details:
    """Draw by how much a clock is wrong, and for how long."""
    return {**lasting(chance), "step_seconds": chance.choice(CLOCK_STEPS_SECONDS)}


def killed_after(chance: random.Random) -> Details:
    """Draw after how long a program is killed that ends by itself; after 20 s it has ended."""
    return {"seconds": round(chance.choice((chance.uniform(0.3, 3.0), 20.0)), 2)}


def nothing(_: random.Random) -> Details:
    """Draw nothing."""
    return {}


# Faults that the exchange has with one connection.
OF_CONNECTION: Mapping[str, Draw] = {
    **dict.fromkeys(("drop_frames", "disconnect_in_snapshots", "unknown_fields", "unknown_type"), counted),
    **dict.fromkeys(("empty_market_id", "malformed_json", "wrong_decimals", "no_deprecated_fields"), counted),
    **dict.fromkeys(("drop_seconds", "reorder", "silence"), lasting),
    **dict.fromkeys(("disconnect", "overflow", "channel_error", "command_timeout", "market_limit"), nothing),
    "command_limit": nothing,
    "missing_fields": of_fields,
}
# Faults that it has with everyone.
OF_EXCHANGE = (
    *("refuse_connections", "rest_429", "rest_500", "truncated_pages", "repeated_pages"),
    *("not_found_after_created", "maintenance", "trading_pause", "exchange_halt"),
)
PROGRAMS: Mapping[str, Draw] = {"kill": lasting, "restart": lasting, "freeze": lasting, "second_start": lasting}
DATABASES: Mapping[str, Draw] = {
    **dict.fromkeys(("kill_database", "restart_database", "freeze_database", "read_only", "full_disk"), lasting),
}
LINES: Mapping[str, Draw] = {"cut": nothing, "stall": lasting}

ACTIONS: Sequence[Action] = (
    *(Action(f"exchange {name}", "gatherer", 2, draw) for name, draw in OF_CONNECTION.items()),
    *(Action(f"everyone {name}", "none", 1, lasting) for name in OF_EXCHANGE),
    *(Action(f"gatherer {name}", "gatherer", 4, draw) for name, draw in {**PROGRAMS, **DATABASES}.items()),
    Action("gatherer rebuild", "gatherer", 2, lasting),
    Action("gatherer step_clock", "gatherer", 3, stepped),
    Action("gatherer migrate", "none", 1, nothing),
    *(Action(f"feed {name}", "gatherer", 3, draw) for name, draw in LINES.items()),
    *(Action(f"poll {name}", "none", 3, draw) for name, draw in LINES.items()),
    *(Action(f"deduplicator {name}", "none", 3, draw) for name, draw in PROGRAMS.items()),
    Action("deduplicator migrate", "none", 1, nothing),
    *(Action(f"production {name}", "none", 3, draw) for name, draw in {**DATABASES, **LINES}.items()),
)
# These are drawn by a chance of their own, so that one more of them changes no other step of a seed.
OTHERS: Sequence[Action] = (
    Action("gatherer slow_disk", "gatherer", 3, lasting),
    Action("production slow_disk", "none", 3, lasting),
    *(Action(f"bucket {name}", "none", 2, draw) for name, draw in {**LINES, "errors": lasting}.items()),
    Action("archive export", "none", 4, killed_after),
    Action("platform release", "none", 2, nothing),
)
# These concern a gatherer without hurting it.
OF_A_GATHERER = ("poll", "gatherer")


def make_plan(seed: int, seconds: float, hurt: str) -> Plan:
    """Return what a seed decides about a run of some seconds; `hurt` is "two" or "all"."""
    chance = random.Random(f"{seed} {seconds} {hurt}")
    unhurt = chance.choice(GATHERERS) if hurt == "two" else None
    hurtable = [each for each in GATHERERS if each != unhurt]
    late = {each: round(chance.uniform(0, seconds / 2), 2) for each in hurtable if chance.random() < 0.15}
    rollout = chance.random() < 0.3
    exchange = _exchange_options(chance, rollout=rollout)
    steps = _draw_all(chance, ACTIONS, seconds, PAUSE_SECONDS, hurtable)
    others = random.Random(f"others {seed} {seconds} {hurt}")
    steps = sorted(
        [*steps, *_draw_all(others, OTHERS, seconds, OTHERS_PAUSE_SECONDS, hurtable)], key=lambda each: each[0]
    )
    if rollout:
        steps = [_almost_punctual(each) for each in steps]
    if rollout or unhurt is None:
        steps = [_almost_right(each) for each in steps]
    audit_seconds = chance.choice((2, 5, 20))
    return Plan(seed, seconds, unhurt, exchange, audit_seconds, late, steps)


def _almost_punctual(step: Step) -> Step:
    """Return a fault of a run in which messages may lack all times."""
    details = dict(step.details)
    if step.action in LATE:
        details["seconds"] = min(details["seconds"], UNTIMED_SECONDS_MAX)
    return step._replace(details=details)


def _almost_right(step: Step) -> Step:
    """Return a fault of a run in which no clock is wrong by much."""
    details = dict(step.details)
    if "step_seconds" in details:
        details["step_seconds"] = max(-UNTIMED_SECONDS_MAX, min(details["step_seconds"], UNTIMED_SECONDS_MAX))
    return step._replace(details=details)


def _exchange_options(chance: random.Random, *, rollout: bool) -> Sequence[str]:
    options = [
        f"--seed={chance.randint(1, 1 << 30)}",
        f"--markets={chance.choice((10, 25, 60))}",
        f"--rate={chance.choice((50, 150, 400))}",
        f"--lifecycles={chance.choice((0, 0.5, 2))}",
    ]
    without = chance.choice(("", "", "clock", "ts", "clock,ts"))
    if without:
        options.append(f"--without={without}")
    if rollout:
        options.append(f"--rollout={chance.randint(1, 1 << 30)}")
    if chance.random() < 0.3:
        options.append("--removed-fields")
    return options


def _draw_all(
    chance: random.Random, actions: Sequence[Action], seconds: float, pause_seconds: float, hurtable: Sequence[int]
) -> list[Step]:
    """Draw the faults of a run of some seconds, in the order of their times."""
    moments = [round(chance.uniform(0, seconds), 2) for _ in range(max(2, round(seconds / pause_seconds)))]
    steps = [each for at in moments for each in _draw_steps(chance, actions, at, hurtable)]
    return sorted(steps, key=lambda each: each.at_seconds)


def _draw_steps(
    chance: random.Random, actions: Sequence[Action], at_seconds: float, hurtable: Sequence[int]
) -> list[Step]:
    """Draw a fault, or the same fault of each gatherer."""
    step = _draw_step(chance, actions, at_seconds, hurtable)
    if step.hurts and len(hurtable) == len(GATHERERS) and chance.random() < STORM_SHARE:
        times = [round(at_seconds + chance.uniform(0, STORM_SECONDS), 2) for _ in GATHERERS]
        return [step._replace(at_seconds=at, gatherer=each) for at, each in zip(times, GATHERERS, strict=True)]
    return [step]


def _draw_step(chance: random.Random, actions: Sequence[Action], at_seconds: float, hurtable: Sequence[int]) -> Step:
    (action,) = chance.choices(actions, [each.weight for each in actions])
    details = action.draw(chance)
    if action.hurts == "gatherer":
        return Step(at_seconds, action.name, chance.choice(hurtable), details, hurts=True)
    is_of_gatherer = action.name.split()[0] in OF_A_GATHERER
    return Step(at_seconds, action.name, chance.choice(GATHERERS) if is_of_gatherer else None, details)
