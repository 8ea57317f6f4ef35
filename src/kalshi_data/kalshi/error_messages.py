"""The exchange's errors in its own words, whatever form they have: on the feed, in a refused handshake, over REST."""

import json
from typing import Any, TypeGuard, cast

from kalshi_data.kalshi.messages import ErrorBody

# More of a text is cut off, so that a log line or a health report holds it.
TEXT_LETTERS_MAX = 200
# More of an answer is not read.
BODY_BYTES_MAX = 65_536
TICKERS_MAX = 1_000
CODE_MAX = 2**31 - 1
# The code of an error that has none, or none that is a number.
NO_CODE = 0
# The fields that hold the words of an error, by the age of the form.
TEXT_FIELDS = ("msg", "message", "error", "details", "title", "detail")


def clean(text: str) -> str:
    """Return a text on one line, at most TEXT_LETTERS_MAX long, without control characters and lone surrogates."""
    letters = (letter if letter.isprintable() else " " for letter in text[: 10 * TEXT_LETTERS_MAX])
    return " ".join("".join(letters).split())[:TEXT_LETTERS_MAX]


def words_of(body: bytes) -> str:
    """Return the words of an answer that is no success: of JSON its texts, of HTML or plain text the beginning."""
    text = body[:BODY_BYTES_MAX].decode(errors="replace")
    document = _parse(text)
    return clean(text if document is None else _text_of(document))


def decode_error(body: bytes) -> ErrorBody:
    """Return the body of an error of the feed; every body is one, if it is missing or damaged as well."""
    text = body[:BODY_BYTES_MAX].decode(errors="replace")
    document = _parse(text)
    if not _is_object(document):
        return ErrorBody(NO_CODE, "" if text == "null" else clean(text if document is None else _text_of(document)))
    code = _code_of(document.get("code"))
    words = _text_of({name: value for name, value in document.items() if name != "code"})
    if code == NO_CODE and document.get("code") not in (None, NO_CODE):
        words = f"{document['code']} {words}"
    return ErrorBody(code, clean(words), _tickers_of(document))


def _is_object(document: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON document is an object."""
    return isinstance(document, dict)


def _parse(text: str) -> Any:
    """Return a JSON document, or None if it is damaged. Unlike msgspec, json reads lone surrogates."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _code_of(value: Any) -> int:
    """Return a code that is a number, or a text of digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:10])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return NO_CODE
    return value if 0 <= value <= CODE_MAX else NO_CODE


def _text_of(document: Any) -> str:
    """Return the texts of the known fields, else the whole document."""
    if isinstance(document, str):
        return document
    if _is_object(document):
        nested = document.get("error")
        if _is_object(nested):
            return _text_of(nested)
        texts = [document[name] for name in ("code", *TEXT_FIELDS) if isinstance(document.get(name), str)]
        if texts:
            return ": ".join(dict.fromkeys(texts))
    return json.dumps(document) if document else ""


def _tickers_of(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the markets that an error names."""
    named = document.get("market_tickers")
    listed = cast("list[Any]", named)[:TICKERS_MAX] if isinstance(named, list) else []
    tickers = [document.get("market_ticker"), *listed]
    return tuple(each for each in tickers if isinstance(each, str) and each)
