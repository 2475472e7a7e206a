"""The matrix of docs/attribution-matrix.md, made from the tests that carry a mark.

``@pytest.mark.matrix(scheme="basic", case="wrong password")`` puts a test into a
cell. ``python -m tests.support.matrix`` writes the page; a test compares it with
what the marks say now. Read from the source, so that a server a machine does not
have takes no cell away.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "attribution-matrix.md"
CASES = (
    "right login",
    "wrong password",
    "rotation",
    "logout",
    "expiry",
    "sidecar restart with open session",
    "forged identity",
    "two users one connection",
)
_HEAD = """\
# The matrix: schemes and what can happen to them

Made from the tests by `python -m tests.support.matrix`; a test fails when it is out
of date. **real**: against the real server, through a whole sidecar. **yes**: on made
exchanges. A dash: no test.
"""


class UnknownCase(Exception):
    """A mark names a case that is no column."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One test and its cell."""

    scheme: str
    case: str
    file: str
    test: str

    @property
    def real(self) -> bool:
        """Whether it goes through a whole sidecar."""
        return self.file.startswith("tests/e2e/")


def marked(root: Path = ROOT) -> list[Marked]:
    """Every mark of every test below ``root``/tests.

    Raises:
        UnknownCase: it is none of ``CASES``.
    """
    found: list[Marked] = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.matrix" not in text:
            continue
        file = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found += [
                    Marked(scheme, case, file, node.name)
                    for scheme, case in _cells(node)
                ]
    for mark in found:
        if mark.case not in CASES:
            said = f"{mark.file}: {mark.test}: {mark.case!r} is no case"
            raise UnknownCase(said)
    return found


def page(marks: list[Marked]) -> str:
    """The page these marks make."""
    cells: dict[tuple[str, str], list[Marked]] = defaultdict(list)
    for mark in marks:
        cells[mark.scheme, mark.case].append(mark)
    schemes = sorted({mark.scheme for mark in marks})
    lines = [_HEAD, "| scheme | " + " | ".join(CASES) + " |"]
    lines.append("|---" * (len(CASES) + 1) + "|")
    for scheme in schemes:
        row = [_cell(cells.get((scheme, case), [])) for case in CASES]
        lines.append(f"| {scheme} | " + " | ".join(row) + " |")
    lines += ["", "## The tests"]
    for scheme in schemes:
        lines += ["", f"### {scheme}", ""]
        for case in CASES:
            lines += [
                f"* {case}: {mark.test.removeprefix('test_').replace('_', ' ')} "
                f"(`{mark.file}`)"
                for mark in cells.get((scheme, case), [])
            ]
    return "\n".join(lines) + "\n"


def _cell(marks: list[Marked]) -> str:
    if not marks:
        return "-"
    return "**real**" if any(mark.real for mark in marks) else "yes"


def _cells(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "matrix"
            ):
                said = {
                    keyword.arg: keyword.value.value
                    for keyword in node.keywords
                    if isinstance(keyword.value, ast.Constant)
                }
                yield str(said.get("scheme", "")), str(said.get("case", ""))


if __name__ == "__main__":
    PAGE.write_text(page(marked()), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
