"""Certificates in the states people leave them in."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from cryptography import x509

from proxy.config import Config, load
from proxy.doctor.certificates import certificates, judged
from proxy.doctor.finding import Grade
from tests.support.certificates import Authority
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs."""
    return Authority(tmp_path)


def shown(tmp_path: Path, certificate: Path, key: Path) -> Config:
    """A config that shows this pair."""
    for name, path in (("c.pem", certificate), ("k.pem", key)):
        shutil.copy(path, tmp_path / name)
    more = "tls: {certificate: c.pem, key: k.pem}"
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1", more=more)
    return load(write_config(tmp_path, [front]))


def test_a_good_pair_says_until_when_and_for_whom(
    tmp_path: Path, authority: Authority
) -> None:
    """The names browsers will compare."""
    issued = authority.issue("sonar.example", days=90)

    (found,) = certificates(shown(tmp_path, issued.certificate, issued.key))

    assert found.grade is Grade.GOOD
    assert "sonar.example" in found.said


def test_the_key_of_another_certificate_is_refused(
    tmp_path: Path, authority: Authority
) -> None:
    """A wire would not start with it."""
    one, other = authority.issue("one.example"), authority.issue("other.example")

    found = list(certificates(shown(tmp_path, one.certificate, other.key)))

    assert found[-1].grade is Grade.REFUSED
    assert "another certificate's" in found[-1].said


def test_an_expired_certificate_is_refused(
    tmp_path: Path, authority: Authority
) -> None:
    """Browsers refuse it, too."""
    issued = authority.issue("old.example", expired=True)

    (found,) = certificates(shown(tmp_path, issued.certificate, issued.key))

    assert found.grade is Grade.REFUSED
    assert found.do


def test_what_is_no_certificate_is_refused_without_its_content(
    tmp_path: Path, authority: Authority
) -> None:
    """The key's file may have been taken for it."""
    issued = authority.issue("sonar.example")

    (found,) = certificates(shown(tmp_path, issued.key, issued.key))

    assert found.grade is Grade.REFUSED
    assert "PRIVATE" not in found.said


def test_three_weeks_before_its_end_it_is_bad(authority: Authority) -> None:
    """Until then it is good, before its time and after it refused."""
    issued = authority.issue("sonar.example", days=90)
    chain = x509.load_pem_x509_certificates(issued.certificate.read_bytes())
    leaf = chain[0]

    def at(moment: dt.datetime) -> Grade:
        return judged("sonar", chain, moment).grade

    day = dt.timedelta(days=1)
    assert at(leaf.not_valid_after_utc - 21 * day) is Grade.GOOD
    assert at(leaf.not_valid_after_utc - 20.9 * day) is Grade.BAD
    assert at(leaf.not_valid_after_utc) is Grade.REFUSED
    assert at(leaf.not_valid_before_utc - day) is Grade.REFUSED


def test_a_chain_in_the_wrong_order_is_bad(authority: Authority) -> None:
    """Some clients build a chain of it, others do not."""
    one, other = authority.issue("one.example"), authority.issue("other.example")
    leaf = x509.load_pem_x509_certificates(one.certificate.read_bytes())[0]
    stranger = x509.load_pem_x509_certificates(other.certificate.read_bytes())[0]

    found = judged("sonar", [leaf, stranger], dt.datetime.now(dt.UTC))

    assert found.grade is Grade.BAD
    assert "issuers" in found.said
