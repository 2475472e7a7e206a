"""Keytabs: what is refused before anything starts, and what opens nothing."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.app import kerberos
from proxy.app.rulesets import load_file
from proxy.attribution.materials import Refused
from proxy.attribution.spnego import unwrap
from proxy.errors import UsageError
from proxy.ruleset import RuleSet
from tests.support import kdc
from tests.support.debian import need
from tests.support.extras import need_extra, requirements
from tests.support.kdc import Realm
from tests.support.kerberized import HOST

SERVICE = f"HTTP/{HOST}"
RULES = """
application: intranet
identity: [kerberos: {keytab: http.keytab}]
records:
  client: {request: "GET /client/{id}", action: view,
           subject: {type: client, id: path.id}}
"""
WITHOUT = """
import sys
sys.modules["gssapi"] = None
from pathlib import Path
from proxy.app.kerberos import acceptor
from proxy.errors import UsageError
try:
    acceptor(Path(sys.argv[1]))
except UsageError as error:
    print(error)
"""
AGED = """
import base64, sys, time
from pathlib import Path
from proxy.app.kerberos import acceptor
accept, token = acceptor(Path(sys.argv[1])), base64.b64decode(sys.argv[2])
deadline = time.monotonic() + 20
while isinstance(said := accept(token), str) and time.monotonic() < deadline:
    time.sleep(0.1)
print(said)
"""
"""Accepts a token until it is refused for its age."""


def keytab(directory: Path, content: bytes = b"\5\2") -> Path:
    """A file that begins as a keytab does."""
    path = directory / "http.keytab"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_a_keytab_others_may_read_is_refused(tmp_path: Path) -> None:
    """It makes tickets for everybody; the message says what to do."""
    path = keytab(tmp_path)
    path.chmod(0o640)

    with pytest.raises(UsageError, match="chmod 600"):
        kerberos.acceptor(path)


def test_a_file_that_is_no_keytab_is_refused(tmp_path: Path) -> None:
    """And one that is not there."""
    with pytest.raises(UsageError, match="not a keytab"):
        kerberos.acceptor(keytab(tmp_path, b"CANARY"))
    with pytest.raises(UsageError, match="cannot read the keytab"):
        kerberos.acceptor(tmp_path / "missing")


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    """At the start, with the command that installs it."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(keytab(tmp_path))],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "pip install 'whosaw[kerberos]'" in done.stdout
    assert requirements("kerberos")


def test_a_wrong_keytab_is_a_mistake_of_the_rule_set(tmp_path: Path) -> None:
    """Told with the file that refers to it."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)

    found = load_file(rules)

    assert not isinstance(found, RuleSet)
    assert "http.keytab: cannot read the keytab" in str(found)


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """A realm with a service and a user who is logged in."""
    need(*kdc.PACKAGES)
    need_extra("kerberos", "gssapi", "libkrb5-dev", "gcc")
    with kdc.realm(tmp_path_factory.mktemp("realm")) as found:
        found.add("jansen", "word-of-jansen")
        found.add(SERVICE)
        yield found


def token(realm: Realm) -> bytes:
    """A fresh ticket of the user, without SPNEGO."""
    environment = realm.ticket("jansen", "word-of-jansen")
    inner = unwrap(realm.tokens(environment, HOST)[0])
    assert inner is not None
    return inner.token


@pytest.mark.debian
def test_a_ticket_is_its_users_and_a_changed_one_nobodys(realm: Realm) -> None:
    """Also a second time: replays are the application's to refuse."""
    accept = kerberos.acceptor(realm.keytab("http", SERVICE))
    good = token(realm)

    assert accept(good) == "jansen@OFFICE.EXAMPLE"
    assert accept(good) == "jansen@OFFICE.EXAMPLE"
    assert accept(good[:-1] + bytes([good[-1] ^ 1])) == Refused("wrong_key")
    assert accept(good[:-1]) == Refused("refused_token")
    assert accept(b"") == Refused("refused_token")
    assert accept(bytes(kerberos.MAX_TOKEN + 1)) == Refused("malformed_token")
    assert "KRB5RCACHENAME" not in os.environ


@pytest.mark.debian
def test_another_services_keytab_opens_nothing(realm: Realm) -> None:
    """Whoever has it."""
    realm.add("HTTP/other.office.example")
    accept = kerberos.acceptor(realm.keytab("other", "HTTP/other.office.example"))

    assert accept(token(realm)) == Refused("wrong_key")


@pytest.mark.debian
def test_an_empty_keytab_stops_the_start(realm: Realm, tmp_path: Path) -> None:
    """It would open nothing, ever."""
    with pytest.raises(UsageError, match="not a keytab with a key"):
        kerberos.acceptor(keytab(tmp_path))


@pytest.mark.debian
@pytest.mark.matrix(scheme="kerberos", case="expiry")
def test_a_ticket_that_has_aged_is_refused(realm: Realm, tmp_path: Path) -> None:
    """Five minutes by default; the skew is made a second here."""
    config = tmp_path / "krb5.conf"
    config.write_text("[libdefaults]\nclockskew = 1\n")
    path = realm.keytab("aged", SERVICE)
    done = subprocess.run(
        [sys.executable, "-c", AGED, str(path), base64.b64encode(token(realm))],
        env={**realm.environment, "KRB5_CONFIG": str(config)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "Refused(reason='clock_skew')\n", done.stderr
