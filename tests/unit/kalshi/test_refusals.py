"""Only a refusal of the key is called so."""

import pytest

from kalshi_data.kalshi.error_messages import words_of
from kalshi_data.kalshi.refusals import Refusal, refusal_of


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (401, b"", Refusal.KEY),
        (401, b"Unauthorized", Refusal.KEY),
        (401, b'{"code":"authentication_error","details":"NOT_FOUND"}', Refusal.KEY),
        (401, b'{"error":{"code":"INCORRECT_API_KEY_SIGNATURE"}}', Refusal.KEY),
        (403, b'{"message":"api key lacks the scope"}', Refusal.KEY),
        (
            401,
            b"API has been moved to https://api.example.test/. Please check our docs on how to migrate.",
            Refusal.OTHER,
        ),
        (401, b'{"error":{"code":"header_timestamp_expired","message":"header timestamp expired"}}', Refusal.CLOCK),
        (400, b'{"message":"request expired"}', Refusal.CLOCK),
        (403, b"<html><title>403 Forbidden</title><body>api key blocked</body></html>", Refusal.OTHER),
        (403, b"not available in your region", Refusal.OTHER),
        (429, b'{"error":"too many requests for this api key"}', Refusal.OTHER),
        (503, b"<html>scheduled maintenance</html>", Refusal.OTHER),
        (301, b"", Refusal.OTHER),
    ],
)
def test_a_refusal_is_named_by_the_words_of_the_exchange(status: int, body: bytes, refusal: Refusal) -> None:
    assert refusal_of(status, words_of(body)) is refusal
