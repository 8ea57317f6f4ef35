"""The fields of series, events and markets, whatever else an object holds."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.kalshi.bodies import Page, to_page
from kalshi_data.kalshi.listings import EventFields, MarketFields, SeriesFields, decode_page

FIRST, LAST = b'{"ticker":"A","event_ticker":"E"}', b'{"ticker":"Z","event_ticker":"Z"}'


def read(kind: type[Any], *objects: bytes) -> tuple[list[Any], bytes, list[str]]:
    return decode_page(to_page(b"[" + b",".join((FIRST, *objects, LAST)) + b"]"), kind)


@pytest.mark.parametrize("kind", [SeriesFields, EventFields, MarketFields])
@pytest.mark.parametrize(
    "name",
    [b'""', b"null", b"7", b"[]", b'"a\\u0000b"', b'"line\\nbreak"', b'"' + b"x" * 201 + b'"', b'"\xff"', b'"\\ud800"'],
)
def test_an_object_without_a_usable_name_is_refused_alone(kind: type[Any], name: bytes) -> None:
    for each in (b'{"ticker":%s,"event_ticker":%s}' % (name, name), b'{"title":"none"}', b"7"):
        fields, good, refused = read(kind, each)
        assert (len(fields), good, len(refused)) == (2, b"[" + FIRST + b"," + LAST + b"]", 1)


@pytest.mark.parametrize("name", [b'"a\\u0000b"', b'"' + b"x" * 9_000 + b'"'])
def test_a_market_of_an_event_that_no_index_can_hold_is_refused(name: bytes) -> None:
    assert len(read(MarketFields, b'{"ticker":"B","event_ticker":%s}' % name)[0]) == 2
    assert len(read(EventFields, b'{"event_ticker":"B","series_ticker":%s}' % name)[0]) == 2


@pytest.mark.parametrize("value", [b"null", b"7", b"1e400", b"true", b"[]", b'{"a":1}', b"1" + b"0" * 5_000])
def test_a_field_of_another_type_reads_as_absent(value: bytes) -> None:
    names = ("event_ticker", "status", "open_time", "close_time", "updated_time")
    body = b'{"ticker":"B",%s}' % b",".join(b'"%s":%s' % (name.encode(), value) for name in names)
    fields, good, refused = read(MarketFields, body)
    assert (fields[1], good.count(body), refused) == (MarketFields("B"), 1, [])
    series = b'{"ticker":"B","category":%s,"categories":%s}' % (value, value)
    assert read(SeriesFields, series)[0][1].all_categories() == set()


OBJECTS = st.dictionaries(
    st.sampled_from(["ticker", "event_ticker", "series_ticker", "status", "open_time", "categories"]) | st.text(),
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.lists(st.text()),
)


@given(st.lists(OBJECTS | st.none() | st.integers(), max_size=4))
def test_any_objects_are_read_or_refused(objects: list[object]) -> None:
    encoded = msgspec.json.encode([{"ticker": "A", "event_ticker": "A"}, *objects])
    page: Page = to_page(encoded)
    for kind in (SeriesFields, EventFields, MarketFields):
        fields, good, refused = decode_page(page, kind)
        assert len(fields) == len(msgspec.json.decode(good))
        assert len(fields) + len(refused) == len(objects) - objects.count(None) + 1
