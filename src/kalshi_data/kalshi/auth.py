"""Signatures for WebSocket handshakes and REST requests.

Source: Kalshi documentation, "API keys": the signed message is timestamp, method and path, without query.
"""

import base64
import contextlib
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

    def __init__(self, key_id: str, private_key_file: Path) -> None:
        """Read the private key.

        Raises:
            SettingsError: the file is missing or holds no such key.
        """
        self._key_id = key_id
        self._file = private_key_file
        self._pem = _read(private_key_file)
        self._sign = _load(private_key_file, self._pem)
        self.keys_read = 1

    def renew(self) -> None:
        """Use the key that is in the file now, if it is another one and can be used."""
        with contextlib.suppress(SettingsError):
            pem = _read(self._file)
            if pem != self._pem:
                self._sign = _load(self._file, pem)
                self._pem = pem
                self.keys_read += 1

    def headers(self, method: str, path: str) -> dict[str, str]:
        """Return the three headers of a request that is sent now; `path` starts at the root and has no query."""
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
    return Signer(key_id, private_key_file)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: private key cannot be read: {error.strerror}") from error


def _load(file: Path, pem: bytes) -> Sign:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{file}: not an unencrypted private key in PEM form") from error
    if isinstance(key, Ed25519PrivateKey):
        return key.sign
    if isinstance(key, RSAPrivateKey):
        return lambda message: key.sign(message, PSS_PADDING, SHA256())
    raise SettingsError(f"{file}: holds a {type(key).__name__}, the exchange knows RSA and Ed25519")
