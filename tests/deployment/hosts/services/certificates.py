"""The certificates of the exchange and the archive, signed by an authority that the hosts trust."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DOMAIN = "kalshi.test"
NAMES = (DOMAIN, f"*.{DOMAIN}", "exchange", "archive")


class Certificates:
    """An authority and one certificate for all external names, in a private folder."""

    def __init__(self, folder: Path) -> None:
        self.chain = folder / "outside.pem"
        self._authority = folder / "authority.pem"

    @property
    def authority(self) -> bytes:
        """The certificate that the hosts must trust."""
        return self._authority.read_bytes()

    def make(self) -> None:
        """Create both."""
        self.chain.parent.mkdir(mode=0o700)
        signer, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
        authority = _begin("authority", "authority", key=signer)
        authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES])
        outside = _begin("outside", "authority", key=key).add_extension(names, critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        outside = outside.add_extension(identifier, critical=False)
        subject = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        authority = authority.add_extension(subject, critical=False).add_extension(usage, critical=True)
        self._authority.write_bytes(authority.sign(signer, SHA256()).public_bytes(Encoding.PEM))
        self.chain.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + outside.sign(signer, SHA256()).public_bytes(Encoding.PEM)
        )


def _begin(subject: str, issuer: str, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
    )
