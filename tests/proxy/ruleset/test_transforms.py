"""YAML → transforms: steps in their order, whatever way they are written."""

from __future__ import annotations

import pytest

from proxy.document import Problems, parse
from proxy.extraction.selectors.transform import Capture, Named, Replace, Split
from proxy.ruleset.transforms import read_transform


@pytest.mark.parametrize("text", ["trim", "[trim]"])
def test_one_step_needs_no_list(text: str) -> None:
    """It may stand alone."""
    assert (Named("trim"),) == read(text)


def test_steps_keep_their_order() -> None:
    """With and without arguments."""
    steps = read("[percent, {split: ','}, {replace: [a, '']}, {regex: 'b(.)'}, upper]")

    assert [Named, Split, Replace, Capture, Named] == [type(step) for step in steps]
    assert Replace("a", "") == steps[2]


def read(text: str) -> tuple[object, ...]:
    """The steps of a text without mistakes."""
    problems = Problems("x")
    node = parse(text, problems)
    assert node is not None
    steps = read_transform(node, problems)
    assert not problems, str(problems)
    return steps
