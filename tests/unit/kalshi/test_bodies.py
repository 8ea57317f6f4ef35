"""A bad member of a body costs no other member."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.kalshi.bodies import Page, decode_body, is_json, split_members, to_page

GOOD = [b'{"ticker":"A"}', b'{"ticker":"B","text":"[{,}]\\\\ \\"","nested":[{"a":[1,2]}]}', b"{}", b'{"n":1e400}']
BAD = [
    b"null",
    b"7",
    b'"text, [ and {"',
    b"[1,2]",
    b"true",
    b'{"title":"half a pair \\ud800"}',
    b'{"strike":NaN}',
    b'{"deep":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"no":"value",:}',
]


# Numbers, because hypothesis shows what it drew, and some members are long.
@given(st.lists(st.integers(0, len(GOOD + BAD) - 1), max_size=6), st.sampled_from([b"", b" ", b"\n\t"]))
def test_a_page_keeps_every_good_object(numbers: list[int], space: bytes) -> None:
    members = [(GOOD + BAD)[number] for number in numbers]
    body = decode_body(b'{"markets":' + space + b"[" + (space + b"," + space).join(members) + b'],"cursor":"c"}')
    assert msgspec.json.decode(body["cursor"]) == "c"
    page = to_page(bytes(body["markets"]))
    good = [each for each in members if each in GOOD]
    assert [bytes(each) for each in msgspec.json.decode(page.encoded, type=list[msgspec.Raw])] == good
    assert (page.members, page.refused) == (len(members), len(members) - len(good) - members.count(b"null"))


@pytest.mark.parametrize("bad", BAD[5:])
def test_a_bad_member_of_an_answer_costs_no_other(bad: bytes) -> None:
    body = decode_body(b'{"odd \xff name":1,"odd":' + bad + b',"markets":[{}],"cursor":""}')
    assert (bytes(body["markets"]), bytes(body["cursor"])) == (b"[{}]", b'""')


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        b"[]",
        b"null",
        b"7",
        b'"{}"',
        b'{"markets":[{"ticker":"A"},{"tick',
        b'{"markets":[{"ticker":"A"}]',
        b'{"markets":["\\ud800"]}}',
        b'{"markets":["\\ud800"]} more',
        b'{"markets":["\\ud800]}',
    ],
)
def test_what_is_no_whole_object_is_an_error(encoded: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_body(encoded)


@pytest.mark.parametrize("encoded", [b"{}", b"7", b'"[]"', b"null", b'"\\ud800"', b"[" * 2_000])
def test_what_is_no_list_is_no_page(encoded: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        to_page(encoded)


def test_an_empty_list_is_an_empty_page() -> None:
    assert to_page(b"[ ]") == Page(b"[ ]", 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(JSON, max_size=5), st.dictionaries(st.text(), JSON, max_size=5))
def test_members_are_divided_as_a_decoder_divides_them(values: list[object], named: dict[str, object]) -> None:
    assert [msgspec.json.decode(each) for each in split_members(msgspec.json.encode(values), b"[")] == values
    assert len(split_members(msgspec.json.encode(named), b"{")) == len(named)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_body_or_an_error(encoded: bytes) -> None:
    for text in (encoded, b'{"a":' + encoded + b"}", b"[" + encoded + b"]"):
        try:
            pages = [to_page(bytes(value)) for value in decode_body(text).values()]
        except msgspec.DecodeError:
            continue
        assert all(is_json(page.encoded) for page in pages)
