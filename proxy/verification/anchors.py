"""What anchors hold: seals as files, and time-stamps over them.

A directory of ``NODE-NUMBER.seal`` (a seal's line) and ``NODE-NUMBER.tsr`` (an
answer after RFC 3161). A time-stamp says that the seal it was made over, and so
all before it, was there at its time; whether its authority may be believed is
checked against roots that the auditor gives, or said to be unchecked.

Failure modes: a file that is neither is a ``Finding``; ``UsageError`` for a
directory or roots that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from proxy.errors import UsageError
from proxy.evidence.chain import Chain
from proxy.evidence.findings import Fault, Finding
from proxy.evidence.seal import Signed


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp in a file."""

    name: str
    response: TimeStampResponse

    @property
    def at(self) -> datetime:
        """When the authority says it was."""
        return self.response.tst_info.gen_time

    @property
    def imprint(self) -> str:
        """SHA-256 of what was stamped, hex."""
        return bytes(self.response.tst_info.message_imprint.message).hex()


@dataclass(slots=True)
class Anchors:
    """What was found in a directory."""

    seals: list[Signed] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read(directory: Path) -> Anchors:
    """Everything anchored in a directory, sub-directories included.

    Raises:
        UsageError: it is no directory.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory}: no directory of anchors")
    found = Anchors()
    for path in sorted(directory.rglob("*")):
        if path.suffix not in {".seal", ".tsr"}:
            continue
        try:
            data = path.read_bytes()
            if path.suffix == ".seal":
                found.seals.append(msgspec.json.decode(data, type=Signed))
            else:
                found.stamps.append(Stamp(path.name, decode_timestamp_response(data)))
        except (OSError, ValueError, msgspec.MsgspecError):
            found.findings.append(
                Finding(node="", fault=Fault.ANCHOR, text=f"{path.name} is no anchor")
            )
    return found


def roots(path: Path) -> list[Certificate]:
    """Certificates of authorities to believe, PEM.

    Raises:
        UsageError: the file holds none.
    """
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: no certificates in PEM") from error


@dataclass(frozen=True, slots=True)
class Stamped:
    """A seal that was there at a time."""

    node: str
    number: int
    at: datetime
    trusted: bool
    """Its authority leads to one of the roots."""


def stamped(
    chains: Iterable[Chain], stamps: Sequence[Stamp], trusted: Sequence[Certificate]
) -> Iterator[Stamped | Finding]:
    """Which seals the time-stamps are over."""
    known = (
        {
            sha256(sealed.line()).hexdigest(): (seal, sealed)
            for chain in chains
            for seal, sealed in chain.seals
        }
        if stamps
        else {}
    )
    for stamp in stamps:
        if stamp.imprint not in known:
            yield Finding(
                node="",
                fault=Fault.TAIL_CUT,
                text=f"the seal that {stamp.name} was made over is not here",
            )
            continue
        seal, sealed = known[stamp.imprint]
        right = _verified(stamp, sealed.line(), trusted)
        if right is False:
            yield Finding(
                node=seal.node,
                seal=seal.number,
                fault=Fault.ANCHOR,
                text=f"{stamp.name} is not signed by an authority that was given",
            )
        else:
            yield Stamped(seal.node, seal.number, stamp.at, right is True)


def _verified(stamp: Stamp, line: bytes, trusted: Sequence[Certificate]) -> bool | None:
    """None: no roots to check against were given."""
    if not trusted:
        return None
    builder = VerifierBuilder()
    for each in trusted:
        builder = builder.add_root_certificate(each)
    try:
        return builder.build().verify_message(stamp.response, line)
    except VerificationError:
        return False
