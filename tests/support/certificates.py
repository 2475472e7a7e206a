"""A throw-away authority and certificates made by it, for tests of TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates under a directory; trusted by nobody but the tests."""

    def __init__(
        self, directory: Path, name: str = "authority", under: Authority | None = None
    ) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        usage = x509.BasicConstraints(ca=True, path_length=None)
        issuer = under or self
        certificate = (
            _builder(self._subject, issuer._subject, self._key.public_key())
            .add_extension(usage, critical=True)
            .add_extension(SIGNS, critical=True)
            .add_extension(_identifier(issuer._key), critical=False)
            .sign(issuer._key, hashes.SHA256())
        )
        self.path = directory / f"{name}.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: str, expired: bool = False, days: int = 3) -> Issued:
        """A certificate for host names and addresses; the first names its files."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(
            _name(names[0]), self._subject, key.public_key(), expired=expired, days=days
        ).add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]),
            critical=False,
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        return self._write(names[0] + ("-expired" if expired else ""), certificate, key)

    def person(
        self,
        *common: str,
        upn: str | bytes | None = None,
        email: tuple[str, ...] = (),
        expired: bool = False,
        usage: ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    ) -> Issued:
        """A client certificate; the first name also names its files.

        ``upn`` as text is encoded as Windows does, as bytes it is the DER itself.
        """
        names: list[x509.GeneralName] = [x509.RFC822Name(each) for each in email]
        if upn is not None:
            if isinstance(upn, str):
                text = upn.encode()
                upn = bytes([0x0C, len(text)]) + text
            names.append(x509.OtherName(UPN, upn))
        if not names:
            names.append(x509.DNSName("workstation.test"))
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common]
        )
        certificate = (
            _builder(subject, self._subject, key.public_key(), expired=expired)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(_identifier(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return self._write(
            common[0] + ("-expired" if expired else ""), certificate, key
        )

    def _write(
        self, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> Issued:
        issued = Issued(
            self._directory / f"{stem}.pem", self._directory / f"{stem}.key"
        )
        issued.certificate.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
        )
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return issued


def _identifier(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    expired: bool = False,
    days: int = 3,
) -> x509.CertificateBuilder:
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * day)
        .not_valid_after(now - day if expired else now + days * day)
    )
