"""Request patterns with conditions beside them."""

from __future__ import annotations

from proxy.document import Fields, Problems, parse
from proxy.ruleset.requests import RequestReader


def test_conditions_hold_for_every_pattern_of_the_list() -> None:
    """They are written once."""
    problems = Problems("f")
    node = parse("{request: [GET /a, /b], query: {x: '1*'}, form: {y: z}}", problems)
    assert node is not None

    requests = RequestReader(problems).requests(Fields(node, problems))

    assert [request.pattern.text for request in requests] == ["GET /a", "/b"]
    conditions = requests[1].conditions
    assert [
        (c.field.source.value, c.field.name, c.pattern.text) for c in conditions
    ] == [
        ("query", "x", "1*"),
        ("form", "y", "z"),
    ]
    assert not problems


def test_a_pattern_that_is_no_text_is_told() -> None:
    """And an empty list is as good as none."""
    problems = Problems("f")
    node = parse("a: {request: [{b: c}]}\nd: {request: []}", problems)
    assert node is not None
    reader = RequestReader(problems)

    for _, child in node.entries:
        assert reader.requests(Fields(child, problems)) == ()

    said = [str(problem) for problem in problems]
    assert said[0].startswith("f:1: a.request[0]: a mapping stands here; expected")
    assert said[1].startswith("f:2: d.request: nothing is listed; expected")
