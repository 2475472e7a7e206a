"""Request patterns: which requests they fit, and what they refuse to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.patterns import (
    PatternError,
    compile_glob,
    compile_pattern,
    plain_path,
)


@pytest.mark.parametrize(
    ("text", "path", "captures"),
    [
        ("/client/{id}", "/client/7", {"id": "7"}),
        ("/client/{id}", "/client/7/x", None),
        ("/client/{id}", "/client/", None),
        ("/client/{id}", "/client/a\nb", {"id": "a\nb"}),
        ("/client-{id}.do", "/client-9.do", {"id": "9"}),
        ("/{a}-{b}.x", "/1-2-3.x", {"a": "1", "b": "2-3"}),
        ("/{a}/{b}", "/1/2", {"a": "1", "b": "2"}),
        ("/a/*", "/a/", {}),
        ("/a/*", "/a/b", {}),
        ("/a/*", "/a/b/c", None),
        ("/*a*b", "/xaab", {}),
        ("/static/**", "/static", {}),
        ("/static/**", "/static/", {}),
        ("/static/**", "/static/a/b\nc", {}),
        ("/static/**", "/statics", None),
        ("/**", "/", {}),
        ("/**", "/any/thing", {}),
        ("/a/**/b", "/a/b", {}),
        ("/a/**/b", "/a/x/y/b", {}),
        ("/a/**/b", "/a/x/yb", None),
        ("/**/client/{id}/**", "/q/r/client/7/z", {"id": "7"}),
        ("/**/client/{id}/**", "/client/7", {"id": "7"}),
        ("/**/c/**/d", "/x/c/c/d", {}),
        ("*.css", "/x/y.css", {}),
        ("*.css", "/x/y.css/z", None),
        ("*.css", "/x/ycss", None),
        ("/a.b", "/a.b", {}),
        ("/a.b", "/axb", None),
        ("/", "/", {}),
    ],
)
def test_a_pattern_fits_whole_paths(
    text: str, path: str, captures: dict[str, str] | None
) -> None:
    """``{name}`` within a segment, ``*`` within a segment, ``**`` any depth."""
    assert compile_pattern(text).match("GET", path) == captures


@pytest.mark.parametrize(
    ("text", "method", "fits"),
    [
        ("GET /x", "GET", True),
        ("GET /x", "get", True),
        ("get /x", "GET", True),
        ("GET /x", "POST", False),
        ("GET|POST /x", "POST", True),
        ("* /x", "BREW", True),
        ("/x", "BREW", True),
    ],
)
def test_a_method_is_compared_without_regard_to_case(
    text: str, method: str, fits: bool
) -> None:
    """A server that accepts ``get`` must not make a request disappear."""
    assert (compile_pattern(text).match(method, "/x") is not None) is fits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("client", "neither / nor"),
        ("", "one space"),
        ("GET POST /x", "one space"),
        ("GET: /x", "no method"),
        ("/x?id=1", "no ?"),
        ("/x/{1a}", "needs a name"),
        ("/x/{}", "needs a name"),
        ("/{a}/{a}", "occurs twice"),
        ("/x/{a", "without its }"),
        ("/x/a}", "without its }"),
        ("/x/a**", "whole segments"),
        ("/{a}{b}", "two wildcards"),
        ("*.a/b", "suffix pattern"),
        ("/" + "/".join(["*"] * 17), "16 wildcards"),
    ],
)
def test_a_mistake_says_what_was_expected(text: str, says: str) -> None:
    """The rule checker shows these texts."""
    with pytest.raises(PatternError, match=says.replace("?", r"\?")):
        compile_pattern(text)


def test_paths_may_be_compared_without_regard_to_case() -> None:
    """As IIS does; captures keep the case that was sent."""
    pattern = compile_pattern("/Client/{id}", ignore_case=True)

    assert pattern.match("GET", "/CLIENT/Ab") == {"id": "Ab"}
    assert compile_pattern("/A", ignore_case=True).match("GET", "/a") == {}
    assert compile_pattern("/A").match("GET", "/a") is None


def test_patterns_say_what_a_dict_can_find() -> None:
    """For compiling many into one."""
    assert compile_pattern("GET /a").literal == "/a"
    assert compile_pattern("GET /a/{id}").literal is None
    assert compile_pattern("*.css").suffix == ".css"
    assert compile_pattern("GET /a/{id}").names == ("id",)
    assert compile_pattern("GET /a/{id}").template == "/a/{id}"


HOSTILE = ["/a" * 30_000, "/" + "a" * 60_000, "/" + "a/" * 30_000 + "b"]


@pytest.mark.parametrize("path", HOSTILE, ids=["segments", "one", "slashes"])
@pytest.mark.timeout(20)
def test_no_path_makes_a_pattern_slow(path: str) -> None:
    """Backtracking would take hours on these."""
    for text in ("/**/a/*a*a*a*a/**/a/**/q", "/*a*a*a*a*a*b", "/**/a/**/a/**/a/q"):
        assert compile_pattern(text).match("GET", path) is None
    assert not compile_glob("*a*a*a*a*a*a*q").match(path)


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("/login*", "/login?x=1", True),
        ("/login*", "/home", False),
        ("/login", "/login", True),
        ("*", "", True),
        ("a*b*c", "a--b--c", True),
        ("a*b*c", "a--c--b", False),
        ("a**c", "ac", True),
        ("a.c", "abc", False),
        ("a*", "a\nb", True),
    ],
)
def test_a_star_in_a_glob_is_any_text(text: str, value: str, fits: bool) -> None:
    """Everything else stands for itself."""
    assert compile_glob(text).match(value) is fits


@given(st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=8))
def test_a_plain_path_is_what_servers_route(segments: list[str]) -> None:
    """No empty or dot segments; doing it twice changes nothing."""
    plain = plain_path("/" + "/".join(segments))

    assert plain.startswith("/")
    assert not set(plain[1:].rstrip("/").split("/")) & {".", ".."}
    assert "//" not in plain
    assert plain_path(plain) == plain


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/a//b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/x/../a/b", "/a/b"),
        ("/../../a", "/a"),
        ("/a/b/..", "/a/"),
        ("/a/", "/a/"),
        ("//login", "/login"),
        ("/", "/"),
    ],
)
def test_known_plain_paths(path: str, plain: str) -> None:
    """RFC 3986 5.2.4 and the doubled slash."""
    assert plain_path(path) == plain
