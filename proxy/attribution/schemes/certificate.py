"""Client certificates: a chain to the configured authority, checked here.

The wire passes on whatever certificate a client showed in its TLS handshake
(which did prove possession of the key) and verifies nothing. Here the chain is
built to one of the authorities of the rule set, as of the request's first byte,
for the purpose of client authentication, by the strict profile of
``cryptography.x509.verification`` (RFC 5280 with the CA/Browser Forum's
additions: the leaf has subjectAltName and authorityKeyIdentifier, the authority
keyUsage). What it refuses is nobody's name.

What cannot be known: whether the certificate was revoked, and whether the
application, which does not see it behind a wire that ends TLS, agrees.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections import OrderedDict
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from proxy.attribution.asked import Asked
from proxy.attribution.materials import Materials
from proxy.attribution.schemes.accompanying import Claim, Peer
from proxy.attribution.schemes.account import checked_name
from proxy.attribution.specs.headers import CertificateIdentity, CertificateName
from proxy.errors import UsageError
from proxy.events import Strength
from proxy.exchange.model import Response

REMEMBERED = 4096
"""Chains whose outcome is remembered: more than people active at a time."""
_REFUSED_NS = 60 * 10**9
"""How long a refusal is remembered; the next second may make it valid."""
_NS = 10**9
_UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


class _Found(NamedTuple):
    """Outcome of a chain, and the wall times (ns) between which it holds."""

    name: str
    reason: str
    from_ns: int
    until_ns: int


class CertificateScheme:
    """Reads one ``CertificateIdentity``.

    Raises:
        UsageError: the file holds no certificates.
    """

    def __init__(
        self,
        identity: CertificateIdentity,
        materials: Materials,
        *,
        remembered: int = REMEMBERED,
    ) -> None:
        self._identity = identity
        try:
            authorities = x509.load_pem_x509_certificates(materials.file(identity.ca))
        except _UNREADABLE:
            raise UsageError(f"{identity.ca}: no PEM certificates") from None
        self._store = Store(authorities)
        self._memory: OrderedDict[bytes, _Found] = OrderedDict()
        self._most = remembered

    def __len__(self) -> int:
        return len(self._memory)

    def claim(self, asked: Asked, peer: Peer) -> Claim | None:
        """See ``Accompanying``."""
        if peer.certificate is None:
            return None
        now = asked.request.start_ns + peer.wall_minus_monotonic_ns
        found = self._read((peer.certificate, *peer.chain), now)
        return Claim(
            name=found.name,
            scheme=self._identity.name,
            strength=Strength.VERIFIED if found.name else Strength.NONE,
            reason=found.reason,
            forged=found.reason == "untrusted_certificate",
        )

    def challenged(self, asked: Asked, response: Response) -> None:
        """Nothing to learn: certificates are asked for in the handshake."""

    def _read(self, chain: tuple[bytes, ...], now_ns: int) -> _Found:
        # A chain has kilobytes; DER tells its own length, so joining is unique.
        digest = hashlib.sha256(b"".join(chain)).digest()
        found = self._memory.get(digest)
        if found is None or not found.from_ns <= now_ns <= found.until_ns:
            found = self._verify(chain, now_ns)
            self._memory[digest] = found
            if len(self._memory) > self._most:
                self._memory.popitem(last=False)
        self._memory.move_to_end(digest)
        return found

    def _verify(self, chain: tuple[bytes, ...], now_ns: int) -> _Found:
        try:
            with warnings.catch_warnings():
                # What the library only warns of yet (a negative serial number)
                # is against RFC 5280, and refused by its next release.
                warnings.simplefilter("error", CryptographyDeprecationWarning)
                leaf, *rest = map(x509.load_der_x509_certificate, chain)
                return self._checked(leaf, rest, now_ns)
        except (*_UNREADABLE, CryptographyDeprecationWarning):
            return _refused("malformed_certificate", now_ns)

    def _checked(
        self, leaf: x509.Certificate, rest: list[x509.Certificate], now_ns: int
    ) -> _Found:
        now = dt.datetime.fromtimestamp(now_ns // _NS, dt.UTC)
        verifier = PolicyBuilder().store(self._store).time(now).build_client_verifier()
        try:
            path = verifier.verify(leaf, rest).chain
        except VerificationError:
            return _refused(_reason(leaf, now), now_ns)
        name, reason = _name(leaf, self._identity.source)
        # Never longer than the shortest of the path.
        starts = max(each.not_valid_before_utc for each in path)
        ends = min(each.not_valid_after_utc for each in path)
        return _Found(name, reason, _wall(starts), _wall(ends))


def _refused(reason: str, now_ns: int) -> _Found:
    return _Found("", reason, now_ns, now_ns + _REFUSED_NS)


def _wall(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * _NS


def _reason(leaf: x509.Certificate, now: dt.datetime) -> str:
    """The verifier's messages are prose; these are the refusals worth telling."""
    if now > leaf.not_valid_after_utc:
        return "expired_certificate"
    if now < leaf.not_valid_before_utc:
        return "certificate_not_yet_valid"
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        return "certificate_for_another_use"
    return "untrusted_certificate"


def _name(leaf: x509.Certificate, source: CertificateName) -> tuple[str, str]:
    found = {value for value in _names(leaf, source) if value}
    if len(found) > 1:
        return "", "ambiguous"
    return checked_name(found.pop()) if found else ("", "no_name_in_certificate")


def _names(leaf: x509.Certificate, source: CertificateName) -> list[str]:
    if source is CertificateName.SUBJECT_CN:
        common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return [str(attribute.value) for attribute in common]
    try:
        extension = leaf.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except x509.ExtensionNotFound:
        return []
    if source is CertificateName.SAN_EMAIL:
        return extension.get_values_for_type(x509.RFC822Name)
    others = extension.get_values_for_type(x509.OtherName)
    return [_utf8(other.value) for other in others if other.type_id == _UPN]


def _utf8(der: bytes) -> str:
    """A DER UTF8String; empty when it is something else (X.690 8.23)."""
    if len(der) < 2 or der[0] != 0x0C:
        return ""
    length, at = der[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(der[2:at], "big")
    return der[at:].decode() if len(der) == at + length else ""
