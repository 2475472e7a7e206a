"""Client certificates: a chain to the authority, as of the request."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.materials import Materials
from proxy.attribution.schemes.accompanying import Peer
from proxy.attribution.schemes.certificate import CertificateScheme
from proxy.attribution.specs.headers import CertificateIdentity, CertificateName
from proxy.errors import UsageError
from proxy.events import Strength
from tests.support.certificates import Authority, Issued
from tests.support.claims import Reading, request

NS = 10**9
DAY = 86_400
CN = CertificateIdentity("people.pem", CertificateName.SUBJECT_CN)
UPN = CertificateIdentity("people.pem", CertificateName.SAN_UPN)
EMAIL = CertificateIdentity("people.pem", CertificateName.SAN_EMAIL)


def peer(*issued: Issued | Path, after_days: float = 0.0) -> Peer:
    """Somebody who showed these certificates, his own first."""
    chain = [
        x509.load_pem_x509_certificate(
            (one.certificate if isinstance(one, Issued) else one).read_bytes()
        ).public_bytes(Encoding.DER)
        for one in issued
    ]
    wall = int((time.time() + after_days * DAY) * NS)
    return Peer(
        "192.0.2.7",
        1,
        1,
        certificate=chain[0] if chain else None,
        chain=tuple(chain[1:]),
        wall_minus_monotonic_ns=wall,
    )


@pytest.fixture
def people(tmp_path: Path) -> Authority:
    """Who vouches for employees."""
    return Authority(tmp_path, "people")


def reading(people: Authority, identity: CertificateIdentity = CN) -> Reading:
    """The scheme with that authority."""
    materials = Materials(files={"people.pem": people.path.read_bytes()})
    return Reading.of(identity, materials)


def test_vouched_for_certificate_is_worth_verified(people: Authority) -> None:
    """The handshake proved the key, the chain whose it is."""
    found = reading(people).claim(request("/"), peer(people.person("jansen")))

    assert found is not None
    assert (found.name, found.scheme) == ("jansen", "client_certificate")
    assert found.strength is Strength.VERIFIED
    assert not found.forged


def test_connection_without_a_certificate_claims_nothing(people: Authority) -> None:
    """Nobody is forced to have one."""
    assert reading(people).claim(request("/"), peer()) is None


def test_name_of_another_authority_is_a_forgery(
    people: Authority, tmp_path: Path
) -> None:
    """Anybody can make an authority with the same name."""
    folder = tmp_path / "other"
    folder.mkdir()
    other = Authority(folder, "people")

    found = reading(people).claim(request("/"), peer(other.person("boss")))

    assert found is not None
    assert (found.name, found.reason) == ("", "untrusted_certificate")
    assert found.forged
    assert found.strength is Strength.NONE


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (CN, "Jan Jansen"),
        (UPN, "jansen@kantoor.test"),
        (EMAIL, "j.jansen@kantoor.test"),
    ],
    ids=["cn", "upn", "email"],
)
def test_name_is_the_configured_part(
    identity: CertificateIdentity, expected: str, people: Authority
) -> None:
    """Common names are for people to read; accounts often stand elsewhere."""
    person = people.person(
        "Jan Jansen", upn="jansen@kantoor.test", email=("j.jansen@kantoor.test",)
    )

    assert reading(people, identity).said(request("/"), peer(person)) == expected


@pytest.mark.parametrize(
    ("identity", "common", "upn", "email", "expected"),
    [
        (CN, ("jansen", "boss"), None, (), "<ambiguous>"),
        (EMAIL, ("x",), None, ("a@b.test", "c@b.test"), "<ambiguous>"),
        (EMAIL, ("x",), None, (), "<no_name_in_certificate>"),
        (UPN, ("x",), None, (), "<no_name_in_certificate>"),
        (UPN, ("x",), b"\x0c\x81\x82" + b"j" * 130, (), "j" * 130),
        (UPN, ("x",), b"\x16\x06jansen", (), "<no_name_in_certificate>"),
        (UPN, ("x",), b"\x0c\x04jan\x00", (), "<unusable_name>"),
        (UPN, ("x",), b"\x0c\x01\xff", (), "<malformed_certificate>"),
    ],
)
def test_certificate_without_one_clear_name_names_nobody(
    identity: CertificateIdentity,
    common: tuple[str, ...],
    upn: bytes | None,
    email: tuple[str, ...],
    expected: str,
    people: Authority,
) -> None:
    """A trusted authority can still write something unusable."""
    person = people.person(*common, upn=upn, email=email)

    assert reading(people, identity).said(request("/"), peer(person)) == expected


@pytest.mark.parametrize(
    ("after_days", "expected"),
    [
        (-3.5, "<certificate_not_yet_valid>"),
        (0, "jansen"),
        (2.9, "jansen"),
        (3.1, "<expired_certificate>"),
    ],
)
def test_validity_is_that_of_the_moment_of_the_request(
    after_days: float, expected: str, people: Authority
) -> None:
    """A replay next year gives the same answer."""
    scheme = reading(people)
    person = people.person("jansen")

    first = scheme.said(request("/"), peer(person, after_days=after_days))
    scheme.said(request("/"), peer(person))
    again = scheme.said(request("/"), peer(person, after_days=after_days))

    assert (first, again) == (expected, expected)


def test_certificate_for_servers_names_nobody(people: Authority) -> None:
    """The key of a web server is not its administrator."""
    person = people.person("jansen", usage=ExtendedKeyUsageOID.SERVER_AUTH)

    said = reading(people).said(request("/"), peer(person))

    assert said == "<certificate_for_another_use>"


def test_authority_in_between_is_the_clients_to_bring(
    people: Authority, tmp_path: Path
) -> None:
    """With it the chain is whole, without it is not."""
    between = Authority(tmp_path, "between", people)
    person = between.person("jansen")
    scheme = reading(people)

    whole = scheme.said(request("/"), peer(person, between.path))
    broken = scheme.said(request("/"), peer(person))

    assert (whole, broken) == ("jansen", "<untrusted_certificate>")


def test_employees_certificate_vouches_for_nobody(
    people: Authority, tmp_path: Path
) -> None:
    """A leaf in the place of an authority is none."""
    leaf = people.person("jansen")
    other = Authority(tmp_path, "jansen2").person("boss")

    said = reading(people).said(request("/"), peer(other, leaf))

    assert said == "<untrusted_certificate>"


def test_memory_of_certificates_is_bounded(people: Authority) -> None:
    """Anybody may make as many as he likes."""
    materials = Materials(files={"people.pem": people.path.read_bytes()})
    scheme = CertificateScheme(CN, materials, remembered=2)

    for number in range(4):
        Reading(scheme).said(request("/"), peer(people.person(f"user{number}")))

    assert len(scheme) == 2


@pytest.mark.parametrize("content", [b"", b"no certificates", b"-----BEGIN X-----"])
def test_file_without_certificates_is_refused(content: bytes) -> None:
    """Before anything listens."""
    with pytest.raises(UsageError, match="no PEM certificates"):
        Reading.of(CN, Materials(files={"people.pem": content}))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reading, Peer]:
    """One authority and one of its people."""
    people = Authority(tmp_path_factory.mktemp("people"), "people")
    return reading(people), peer(people.person("jansen"))


@given(data=st.data())
def test_no_certificate_raises(
    data: st.DataObject, known: tuple[Reading, Peer]
) -> None:
    """Not garbage, and not a good one with a byte changed."""
    scheme, good = known
    assert good.certificate is not None
    der = bytearray(good.certificate)
    at = data.draw(st.integers(0, len(der) - 1))
    der[at] ^= data.draw(st.integers(1, 255))
    broken = dataclasses.replace(good, certificate=bytes(der))
    garbage = dataclasses.replace(good, certificate=data.draw(st.binary(max_size=99)))

    found = scheme.claim(request("/"), broken)
    nothing = scheme.claim(request("/"), garbage)

    assert found is not None
    assert found.name in ("", "jansen")
    assert nothing is not None
    assert nothing.name == ""
