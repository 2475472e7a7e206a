"""YAML → transforms: ``transform: [percent, {regex: …}, {replace: [a, b]}]``."""

from __future__ import annotations

from collections.abc import Callable

from proxy.document import Fields, Kind, Node, Problems, near_miss
from proxy.extraction.selectors.pattern import PatternRefused, compile_pattern
from proxy.extraction.selectors.transform import (
    MOST_STEPS,
    STEPS,
    Capture,
    Named,
    Replace,
    Split,
    Step,
)


def read_transform(node: Node, problems: Problems) -> tuple[Step, ...]:
    """The steps written at a node: one, or a list of them."""
    nodes = node.elements if node.kind is Kind.SEQUENCE else (node,)
    if len(nodes) > MOST_STEPS:
        said = f"{len(nodes)} steps"
        problems.add(node.line, node.path, said, expected=f"at most {MOST_STEPS}")
        return ()
    read = [_step(step, problems) for step in nodes]
    return tuple(step for step in read if step is not None)


def _step(node: Node, problems: Problems) -> Step | None:
    expected = ", ".join((*STEPS, *(f"{{{word}: …}}" for word in WITH_ARGUMENT)))
    if node.kind is Kind.SCALAR:
        if node.text in STEPS:
            return Named(node.text)
        said = f"{node.text[:40]!r} is no transform"
        hint = near_miss(node.text, (*STEPS, *WITH_ARGUMENT))
        problems.add(node.line, node.path, said, expected=expected, hint=hint)
        return None
    if node.kind is not Kind.MAPPING:
        said = f"{node.kind.value} stands here"
        problems.add(node.line, node.path, said, expected=expected)
        return None
    with Fields(node, problems) as fields:
        words = [word for word in WITH_ARGUMENT if fields.has(word)]
        if len(words) > 1 or not node.entries:
            said = f"several: {', '.join(words)}" if words else "nothing is stated"
            fields.wrong(node, said, "one step in each entry of the list")
        if len(words) != 1:
            return None
        child = fields.child(words[0])
    assert child is not None
    return WITH_ARGUMENT[words[0]](child, problems)


def _regex(node: Node, problems: Problems) -> Step | None:
    if not _is_text(node, problems):
        return None
    try:
        return Capture(compile_pattern(node.text))
    except PatternRefused as error:
        said = f"not usable: {error}"
        problems.add(node.line, node.path, said, expected="a regular expression")
        return None


def _replace(node: Node, problems: Problems) -> Step | None:
    texts = [each.text for each in node.elements if each.kind is not Kind.MAPPING]
    if len(texts) != 2 or len(node.elements) != 2 or not texts[0]:
        expected = 'two texts: {replace: [".", ""]}'
        problems.add(node.line, node.path, "not old and new", expected=expected)
        return None
    return Replace(texts[0], texts[1])


def _split(node: Node, problems: Problems) -> Step | None:
    if not _is_text(node, problems):
        return None
    if not node.text:
        problems.add(node.line, node.path, "no separator", expected='{split: ","}')
        return None
    return Split(node.text)


WITH_ARGUMENT: dict[str, Callable[[Node, Problems], Step | None]] = {
    "regex": _regex,
    "replace": _replace,
    "split": _split,
}
"""Word → reader of a step that is written as a mapping."""


def _is_text(node: Node, problems: Problems) -> bool:
    if node.kind is Kind.SCALAR:
        return True
    said = f"{node.kind.value} stands here"
    problems.add(node.line, node.path, said, expected="text")
    return False
