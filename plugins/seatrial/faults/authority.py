"""A small certificate authority of our own, for certificates that are wrong in one way only."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from seatrial.core.errors import UsageError

YEAR = 365 * 86400.0


@dataclass(frozen=True)
class Authority:
    """A certificate that may sign others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls) -> Authority:
        """A new one, valid for a year around now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("seatrial test authority")
        builder = _builder(name, name, key, -YEAR / 2, YEAR / 2).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, file: Path) -> Authority:
        """One that `save` wrote.

        Raises:
            UsageError: the file holds none.
        """
        try:
            text = file.read_bytes()
            key = serialization.load_pem_private_key(text, None)
            certificate = x509.load_pem_x509_certificate(text)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{file} holds no certificate authority", hint="a PEM file with a certificate and its key"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise UsageError(f"the key in {file} is of another kind", hint="make an elliptic curve's")
        return cls(certificate, key)

    @property
    def pem(self) -> str:
        """The certificate, for those who shall trust it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def save(self, file: Path) -> None:
        """Write certificate and key to a file that nobody else can read."""
        with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(self.pem + _private(self.key))

    def context(self, names: Sequence[str], begin: float, end: float) -> ssl.SSLContext:
        """What a server speaks TLS with.

        Args:
            names: host names and addresses that the certificate is for.
            begin, end: when it is valid, seconds from now.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([_alternative(name) for name in dict.fromkeys(names)])
        builder = _builder(_named(names[0]), self.certificate.subject, key, begin, end)
        certificate = builder.add_extension(alternatives, critical=False).sign(self.key, hashes.SHA256())
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory(prefix="seatrial-tls-") as folder:
            file = Path(folder, "server.pem")
            pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
            file.write_text(_private(key) + pem + self.pem, "ascii")
            made.load_cert_chain(file)
        return made


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begin: float, end: float
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(seconds=begin))
        .not_valid_after(now + datetime.timedelta(seconds=end))
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
