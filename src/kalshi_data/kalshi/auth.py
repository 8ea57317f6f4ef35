"""Signatures that the exchange demands of WebSocket handshakes and private REST calls.

Source: the exchange's documentation, "API keys": the signed message is timestamp, method and path, without query.
"""

import base64
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kalshi_data.errors import SettingsError

# RSASSA-PSS over SHA-256 with a salt as long as the digest.
PSS_PADDING = PSS(mgf=MGF1(SHA256()), salt_length=PSS.DIGEST_LENGTH)

Sign = Callable[[bytes], bytes]


class Signer:
    """Signs requests with one API key, RSA or Ed25519."""

    def __init__(self, key_id: str, sign: Sign) -> None:
        """Keep the key's id and the function that signs bytes with it."""
        self._key_id = key_id
        self._sign = sign

    def headers(self, method: str, path: str) -> dict[str, str]:
        """Return the three headers for one request made now; `path` starts at the root and has no query."""
        timestamp_ms = str(time.time_ns() // 1_000_000)
        signature = self._sign(f"{timestamp_ms}{method}{path}".encode())
        return {
            "KALSHI-ACCESS-KEY": self._key_id,
            "KALSHI-ACCESS-TIMESTAMP": timestamp_ms,
            "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
        }


def load_signer(key_id: str, private_key_file: Path) -> Signer:
    """Read a private key in PEM form, RSA or Ed25519.

    Raises:
        SettingsError: the file is missing or holds no such key.
    """
    try:
        key = load_pem_private_key(private_key_file.read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(f"{private_key_file}: private key cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{private_key_file}: not an unencrypted private key in PEM form") from error
    if isinstance(key, Ed25519PrivateKey):
        return Signer(key_id, key.sign)
    if isinstance(key, RSAPrivateKey):
        return Signer(key_id, lambda message: key.sign(message, PSS_PADDING, SHA256()))
    raise SettingsError(f"{private_key_file}: holds a {type(key).__name__}, the exchange knows RSA and Ed25519")
