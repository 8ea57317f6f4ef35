"""The words of an error, whatever form the exchange gives it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalshi_data.kalshi.error_messages import CODE_MAX, TEXT_LETTERS_MAX, clean, decode_error, words_of
from kalshi_data.kalshi.messages import ErrorBody

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def assert_is_clean(text: str) -> None:
    assert len(text) <= TEXT_LETTERS_MAX
    assert all(letter.isprintable() for letter in text)
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"code":17,"msg":"Internal error"}', ErrorBody(17, "Internal error")),
        (b'{"code":"17","msg":"Internal error"}', ErrorBody(17, "Internal error")),
        (b'{"code":17.0}', ErrorBody(17)),
        (b'{"code":"rate_limited","msg":"slow down"}', ErrorBody(0, "rate_limited slow down")),
        (b'{"code":1e400,"msg":"no"}', ErrorBody(0, "inf no")),
        (b'{"code":123456789012345678901234567890}', ErrorBody(0, "123456789012345678901234567890")),
        (b'{"code":-3}', ErrorBody(0, "-3")),
        (b'{"code":true}', ErrorBody(0, "True")),
        (b'{"code":null,"msg":"no"}', ErrorBody(0, "no")),
        (b'{"msg":null}', ErrorBody(0, '{"msg": null}')),
        (b'{"code":9,"msg":"no\\u0000pe \\ud800\\u001b[31m"}', ErrorBody(9, "no pe [31m")),
        (b'{"code":9,"msg":{"deep":[1]}}', ErrorBody(9, '{"msg": {"deep": [1]}}')),
        (b'{"code":11,"msg":"bad","market_ticker":"KXA"}', ErrorBody(11, "bad", ("KXA",))),
        (b'{"code":11,"market_tickers":["KXA","",null,7,"KXB"]}', None),
        (b"null", ErrorBody(0)),
        (b"{}", ErrorBody(0)),
        (b"17", ErrorBody(0, "17")),
        (b'"Internal error"', ErrorBody(0, "Internal error")),
        (b"[" * 50_000, None),
    ],
)
def test_every_body_is_an_error(body: bytes, error: ErrorBody | None) -> None:
    found = decode_error(body)
    assert_is_clean(found.msg)
    assert error is None or found == error


def test_the_markets_that_an_error_names_are_kept() -> None:
    assert decode_error(b'{"code":11,"market_tickers":["KXA","",null,7,"KXB"]}').market_tickers == ("KXA", "KXB")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"API has been moved to https://api.example.test/.", "API has been moved to https://api.example.test/."),
        (b'{"error":"too many requests"}', "too many requests"),
        (
            b'{"error":{"code":"header_timestamp_expired","message":"header timestamp expired","service":"auth"}}',
            "header_timestamp_expired: header timestamp expired",
        ),
        (b'{"code":"authentication_error","details":"NOT_FOUND"}', "authentication_error: NOT_FOUND"),
        (b"<html>\r\n<title>403 Forbidden</title>\x00</html>", "<html> <title>403 Forbidden</title> </html>"),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_words_of_an_answer_are_its_texts(body: bytes, words: str) -> None:
    assert words_of(body) == words


@settings(deadline=None)
@given(VALUES, st.sampled_from([None, "code", "msg", "error", "market_tickers"]))
def test_any_json_has_clean_words(value: Any, field: str | None) -> None:
    body = msgspec.json.encode({field: value} if field else value)
    error = decode_error(body)
    assert 0 <= error.code <= CODE_MAX
    for text in (error.msg, words_of(body)):
        assert_is_clean(text)


@settings(deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes_have_clean_words(body: bytes) -> None:
    for text in (decode_error(body).msg, words_of(body)):
        assert_is_clean(text)


@given(st.text(st.characters(), max_size=2_000))
def test_any_text_is_cleaned_to_one_line(text: str) -> None:
    assert_is_clean(clean(text))
