"""All patterns at once decide as one after the other would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.patterns import compile_pattern
from proxy.ruleset.matcher import MAX_REMEMBERED_PATH, REMEMBERED, Matcher

PATTERNS = [
    "GET /a", "/a/{x}", "POST /a/{y}", "/a/b", "/**", "*.css", "/{x}/b/{y}",
    "/a-{n}.do",
    "/A/{x}", "/a/**/z",
]  # fmt: skip
PATHS = st.lists(
    st.sampled_from(["a", "b", "z", "x.css", "a-1.do", "A"]), max_size=4
).map(lambda segments: "/" + "/".join(segments))


@given(
    patterns=st.lists(st.tuples(st.sampled_from(PATTERNS), st.booleans()), max_size=6),
    method=st.sampled_from(["GET", "POST", "get"]),
    path=PATHS,
)
def test_candidates_are_those_of_each_pattern_in_order(
    patterns: list[tuple[str, bool]], method: str, path: str
) -> None:
    """Literal or wild, with or without regard to case, asked once or twice."""
    compiled = [
        compile_pattern(text, ignore_case=ignore_case) for text, ignore_case in patterns
    ]
    matcher = Matcher(enumerate(compiled))

    expected = [
        (number, captures)
        for number, pattern in enumerate(compiled)
        if (captures := pattern.match(method, path)) is not None
    ]

    for _ in range(2):
        found = matcher.candidates(method, path)
        assert [(item.owner, item.captures) for item in found] == expected


def test_memory_of_paths_is_bounded() -> None:
    """Long paths are not kept, and the oldest of too many is forgotten."""
    matcher = Matcher([(1, compile_pattern("/**"))])

    for number in range(REMEMBERED + 10):
        matcher.candidates("GET", f"/{number}")
    matcher.candidates("GET", "/" + "x" * MAX_REMEMBERED_PATH)

    assert matcher.remembered == REMEMBERED
