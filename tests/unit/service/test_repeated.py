from kalshi_data.service.repeated import KEYS_MAX, Repeated


def test_the_first_event_is_due_and_later_ones_are_counted() -> None:
    repeated = Repeated()
    assert [repeated.due("a") for _ in range(3)] == [1, None, None]
    assert repeated.due("b") == 1


def test_events_that_waited_are_due_together() -> None:
    repeated = Repeated(quiet_seconds=0)
    assert [repeated.due("a") for _ in range(3)] == [1, 1, 1]


def test_no_more_keys_are_held_than_the_limit() -> None:
    repeated = Repeated()
    assert all(repeated.due(key) == 1 for key in range(KEYS_MAX + 1))
    # The oldest key was forgotten, so it is new again.
    assert [repeated.due(KEYS_MAX), repeated.due(0)] == [None, 1]
