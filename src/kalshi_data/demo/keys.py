"""API keys for the demo's gatherers: one RSA, the others Ed25519; the exchange issues both."""

import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

RSA_BITS = 2048


class KeyFiles(NamedTuple):
    """An API key: its id, and the files of its private and public key."""

    key_id: str
    private: Path
    public: Path


def make_key(folder: Path, number: int) -> KeyFiles:
    """Make the key of one gatherer; only this user can read the private key."""
    key = generate_private_key(65537, RSA_BITS) if number == 1 else Ed25519PrivateKey.generate()
    private, public = folder / "private.pem", folder / "public.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return KeyFiles(f"demo-gatherer-{number}", private, public)
