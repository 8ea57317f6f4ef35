"""Check the signatures of clients as the exchange does."""

import base64
import binascii
import time
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kalshi_data.errors import SettingsError

# The real exchange does not document how far a client's clock may be off.
CLOCK_SKEW_MS_MAX = 30_000
NO_SCOPES: Mapping[str, tuple[str, ...]] = {}


class KeyRing:
    """The public keys of the clients that may connect."""

    def __init__(self, files: Mapping[str, Path], scopes: Mapping[str, tuple[str, ...]] = NO_SCOPES) -> None:
        """Read one public key in PEM form per key id; a key without `scopes` may read only.

        Raises:
            SettingsError: if a file is missing, or its key is neither RSA nor Ed25519.
        """
        self._keys = {key_id: _load(path) for key_id, path in files.items()}
        self._scopes = scopes

    @property
    def ids(self) -> list[str]:
        """The ids of all keys, in order."""
        return sorted(self._keys)

    def listed(self) -> dict[str, object]:
        """Return the body of GET /api_keys: the keys of the account."""
        return {
            "api_keys": [
                {"api_key_id": key_id, "name": key_id, "scopes": list(self._scopes.get(key_id, ("read",)))}
                for key_id in self.ids
            ]
        }

    def client(self, headers: Mapping[str, str], method: str, path: str, skew_ms: int = 0) -> str | None:
        """Return the id of the key that signed a request, or None; `skew_ms` is the error of the exchange's clock."""
        key_id = headers.get("KALSHI-ACCESS-KEY", "")
        timestamp_ms = headers.get("KALSHI-ACCESS-TIMESTAMP", "")
        key = self._keys.get(key_id)
        if key is None or not timestamp_ms.isdecimal():
            return None
        if abs(int(timestamp_ms) - time.time_ns() // 1_000_000 - skew_ms) > CLOCK_SKEW_MS_MAX:
            return None
        try:
            signature = base64.b64decode(headers.get("KALSHI-ACCESS-SIGNATURE", ""), validate=True)
            _verify(key, signature, f"{timestamp_ms}{method}{path}".encode())
        except (InvalidSignature, binascii.Error):
            return None
        return key_id


def _load(path: Path) -> RSAPublicKey | Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: public key cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: not a public key in PEM form") from error
    if isinstance(key, RSAPublicKey | Ed25519PublicKey):
        return key
    raise SettingsError(f"{path}: holds a {type(key).__name__}, but the exchange accepts RSA and Ed25519 only")


def _verify(key: RSAPublicKey | Ed25519PublicKey, signature: bytes, message: bytes) -> None:
    if isinstance(key, Ed25519PublicKey):
        key.verify(signature, message)
    else:
        key.verify(signature, message, PSS(mgf=MGF1(SHA256()), salt_length=PSS.DIGEST_LENGTH), SHA256())
