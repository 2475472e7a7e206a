"""Where credentials prove something: only where the application asks."""

from __future__ import annotations

import pytest

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.authorization import Protected, credentials
from proxy.exchange.patterns import compile_pattern
from tests.support.claims import challenge, request


def _learned(*targets: str, realm: str | None = None, most: int = 1024) -> Protected:
    protected = Protected(b"basic", realm, (), most=most)
    for target in targets:
        protected.learn(Asked(request(target)), challenge('Basic realm="Intranet"'))
    return protected


def _covers(protected: Protected, target: str) -> bool:
    return protected.covers(Asked(request(target)))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/app", True),
        ("/app/", True),
        ("/app/client/7?x=1", True),
        ("/apple", False),
        ("/", False),
        ("/public/logo.png", False),
        ("/public/../app/x", False),
        ("/app/..;/public", False),
    ],
)
def test_challenge_covers_its_address_and_what_lies_below(
    target: str, expected: bool
) -> None:
    """Beside it, and where servers differ about the path, nothing is known."""
    assert _covers(_learned("/app"), target) is expected


def test_challenge_for_a_page_does_not_cover_its_neighbours() -> None:
    """A client may send credentials there; whether anybody looks is unknown."""
    protected = _learned("/admin/index.html")

    assert _covers(protected, "/admin/index.html")
    assert not _covers(protected, "/admin/other.html")
    assert not _covers(protected, "/")


def test_before_any_challenge_nothing_is_covered() -> None:
    """A 200 on a public address proves nothing about invented credentials."""
    assert not _covers(_learned(), "/app")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (['Digest realm="Intranet", nonce="x"'], 401),
        (['Basic realm="Other"'], 401),
        (["Basic"], 401),
        ([], 401),
        (['Basic realm="Intranet"'], 200),
        (['Basic realm="Intranet"'], 407),
    ],
)
def test_other_challenges_teach_nothing(values: list[str], status: int) -> None:
    """Another scheme, another realm, a proxy's own question, no question."""
    protected = Protected(b"basic", "Intranet", ())

    protected.learn(Asked(request("/app")), challenge(*values, status=status))

    assert not _covers(protected, "/app")


def test_stated_addresses_are_the_only_ones() -> None:
    """What the rule set says is not widened by what was seen."""
    protected = Protected(b"basic", None, [compile_pattern("POST /app/**")])

    protected.learn(Asked(request("/other")), challenge("Basic realm=x"))

    assert protected.covers(Asked(request("/app/7", method="POST")))
    assert not protected.covers(Asked(request("/app/7")))
    assert not _covers(protected, "/other")
    assert len(protected) == 0


def test_memory_of_challenges_is_bounded_and_keeps_what_is_used() -> None:
    """A scanner that meets a thousand challenges pushes out what nobody uses."""
    protected = _learned("/a", "/b", most=2)

    assert _covers(protected, "/a")
    protected.learn(Asked(request("/c")), challenge("Basic realm=x"))

    assert [_covers(protected, path) for path in ("/a", "/b", "/c")] == [
        True,
        False,
        True,
    ]
    assert protected.evicted == 1


def test_endless_address_is_not_remembered() -> None:
    """Its length is the client's choice."""
    protected = _learned("/" + "a" * 2000)

    assert len(protected) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["Basic eA=="], b"eA=="),
        (["bAsIc   eA== "], b"eA=="),
        (["Basic"], b""),
        (["Basics eA=="], None),
        (["Bearer x"], None),
        ([""], None),
        ([], None),
    ],
)
def test_credentials_are_those_of_the_scheme(
    values: list[str], expected: bytes | None
) -> None:
    """The word counts, not its spelling."""
    found = credentials(
        request("/", *(("authorization", value) for value in values)), b"basic"
    )

    assert (None if found is None else found.text) == expected


def test_two_authorization_headers_are_ambiguous() -> None:
    """Servers differ in which one counts, whatever the other is."""
    asked = request("/", ("authorization", "Basic eA=="), ("authorization", "Bearer x"))

    found = credentials(asked, b"basic")

    assert found is not None
    assert (found.text, found.reason) == (b"", "ambiguous")


def test_credentials_are_not_printed() -> None:
    """A traceback would show them."""
    found = credentials(request("/", ("authorization", "Basic c2VjcmV0")), b"basic")

    assert "c2VjcmV0" not in repr(found)
