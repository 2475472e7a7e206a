"""``transparent``: where connections are led from."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.config import Transparent, TransparentMethod, load
from proxy.document import Address
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


def front(upstream: str, said: str) -> Front:
    """An application with these words behind ``transparent:``."""
    more = f"transparent: {said}\n" if said else ""
    return Front(name="tickets", rules=RULES, upstream=upstream, more=more)


def test_the_upstream_is_what_is_led_unless_more_is_said(tmp_path: Path) -> None:
    """Addresses are compared as values, however they are written."""
    found = load(write_config(tmp_path, [front("http://192.0.2.1:80", "{}")]))
    said = '{method: tproxy, destinations: ["[2001:0db8::0:1]:80"]}'
    other = load(write_config(tmp_path, [front("http://crm.test:80", said)]))

    assert found.applications[0].transparent == Transparent(
        method=TransparentMethod.REDIRECT, destinations=(Address("192.0.2.1", 80),)
    )
    assert other.applications[0].transparent == Transparent(
        method=TransparentMethod.TPROXY, destinations=(Address("2001:db8::1", 80),)
    )


@pytest.mark.parametrize(
    ("upstream", "said", "wrong"),
    [
        ("http://crm.test:80", "{}", "destinations"),
        ("http://192.0.2.1:80", "{method: bridge}", "redirect or tproxy"),
        ("http://192.0.2.1:80", '{destinations: ["crm.test:80"]}', "not an address"),
        ("http://192.0.2.1:80", "{forwarded_for: true}", "forwarded_for"),
    ],
)
def test_what_cannot_be_led_is_a_mistake(
    tmp_path: Path, upstream: str, said: str, wrong: str
) -> None:
    """Names may mean another host tomorrow; a header is never added."""
    with pytest.raises(UsageError, match=wrong):
        load(write_config(tmp_path, [front(upstream, said)]))
