"""Bodies of REST, divided into their members without decoding these, so that one bad member costs no other."""

import re
from typing import NamedTuple

import msgspec

Body = dict[str, msgspec.Raw]

# What msgspec raises for a body: deep nesting and invalid UTF-8 have errors of their own.
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
# Of a string that does not end, only the quote matches.
TOKEN = re.compile(STRING + rb'|["\[\]{},]', re.DOTALL)
NAME = re.compile(rb"(" + STRING + rb")\s*:\s*", re.DOTALL)


class Page(NamedTuple):
    """One page of a list: its objects, still encoded as one JSON list.

    Of the members that it came with, null reads as absent, and what is no object is refused; both are left out.
    """

    encoded: bytes
    members: int
    refused: int = 0


def decode_body(encoded: bytes) -> Body:
    """Return the members of one object, still encoded; a bad member stays as it is.

    Raises:
        msgspec.DecodeError: the body is no object, or breaks off.
    """
    try:
        return msgspec.json.decode(encoded, type=Body)
    except msgspec.ValidationError:
        raise
    except UNREADABLE:
        named = [NAME.match(member) for member in split_members(encoded, b"{")]
    texts = [(name[1], name.string[name.end() :]) for name in named if name is not None]
    return {name[1:-1].decode(errors="replace"): msgspec.Raw(value) for name, value in texts}


def to_page(encoded: bytes) -> Page:
    """Return a list as a page of objects; leave out what is no object, or cannot be decoded.

    Raises:
        msgspec.DecodeError: not a list, or it breaks off.
    """
    try:
        members = [bytes(each) for each in msgspec.json.decode(encoded, type=list[msgspec.Raw])]
        objects = [each for each in members if each.startswith(b"{")]
    except msgspec.ValidationError:
        raise
    except UNREADABLE:
        members = split_members(encoded, b"[")
        objects = [each for each in members if each.startswith(b"{") and is_json(each)]
    left_out = len(members) - len(objects)
    return Page(join_page(objects) if left_out else encoded, len(members), left_out - members.count(b"null"))


def split_page(page: bytes) -> list[bytes]:
    """Return the objects of a page, each still encoded."""
    return [bytes(each) for each in msgspec.json.decode(page, type=list[msgspec.Raw])]


def join_page(objects: list[bytes]) -> bytes:
    """Return objects as one page."""
    return b"[" + b",".join(objects) + b"]"


def is_json(encoded: bytes) -> bool:
    """Return whether a text is one JSON value."""
    try:
        msgspec.json.decode(encoded, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def split_members(encoded: bytes, opening: bytes) -> list[bytes]:
    """Return the members of one JSON object or list by its brackets and commas alone, whatever the members hold.

    Raises:
        msgspec.DecodeError: the text does not begin with `opening`, breaks off, or goes on behind its end.
    """
    if not encoded.lstrip().startswith(opening):
        raise msgspec.DecodeError("neither a JSON object nor a list")
    depth = begin = 0
    members: list[bytes] = []
    for token in TOKEN.finditer(encoded):
        sign = token[0]
        depth += (sign in (b"[", b"{")) - (sign in (b"]", b"}"))
        if sign == b'"' or depth < 0:
            break
        if sign in (b"[", b"{") and depth == 1:
            begin = token.end()
        elif (sign == b"," and depth == 1) or depth == 0:
            members.append(encoded[begin : token.start()].strip())
            begin = token.end()
        if depth == 0 and sign != b",":
            if encoded[begin:].strip():
                break
            return [each for each in members if each]
    raise msgspec.DecodeError("the body breaks off")
