"""docs/limits.md, from the classes: ``python -m tests.support.limits``.

Field, default and reason are read from the class and its docstrings; what is told
when the limit is hit, and the test that meets it, stand in ``limits.toml``. ``page``
fails on a field that is not declared, on one that is gone, and on a test that does
not exist.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECLARED = Path(__file__).with_name("limits.toml")
HEAD = """\
# Limits

Generated from the classes by `make limits`; a test holds it to that. Sizes are
bytes and times seconds unless the name says otherwise. *Told* is what says that a
limit was met: a figure of the report (`whosaw status --json`, most of them also a
[metric](metrics.md)), a kind of gap, or what the caller gets. *Test* meets the limit,
made small where the default would take long. Those with a key in the config file
stand in [configuration.md](configuration.md), too. Bounds that belong to one parser
or one page are constants beside what they bound (`MAX_…`, `MOST_…`), with a reason.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One class: where it is, and its fields with (told, test)."""

    title: str
    where: str
    fields: Mapping[str, Sequence[str]]
    tests: str
    """Folder the names of tests count from."""


PARTS = tuple(Part(**each) for each in tomllib.loads(DECLARED.read_text())["part"])
_COLUMNS = "| limit | default | reason | told | test |\n|---|---|---|---|---|\n"
PLACES_AND_NAMES = {
    "addons.settings:ListenerSettings": {
        *("application", "fd", "upstream_host", "upstream_port", "tls"),
        *("upstream_tls", "proxy_protocol", "transparent"),
    },
    "addons.settings:WireSettings": {"listeners"},
}
"""Fields that bound nothing."""


_COUNTS = {"connections"}
"""Large numbers that are not bytes."""


def page() -> str:
    """The whole page.

    Raises:
        ValueError: a field or a test does not fit what is declared here.
    """
    return HEAD + "".join(map(_part, PARTS))


def classes() -> list[str]:
    """Every class of limits in the tree, as ``module:Class``."""
    found = []
    for path in sorted([*(ROOT / "proxy").rglob("*.py"), *(ROOT / "addons").glob("*")]):
        if path.suffix != ".py":
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found += [
            f"{module}:{node.name}"
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ClassDef)
            and node.name.endswith(("Limits", "Bounds"))
        ]
    return found


def _part(part: Part) -> str:
    module, _, name = part.where.partition(":")
    kind = getattr(importlib.import_module(module), name)
    fields = [each for each in dataclasses.fields(kind) if each.init]
    named = {each.name for each in fields} - PLACES_AND_NAMES.get(part.where, set())
    if named != set(part.fields):
        raise ValueError(f"{part.where}: {sorted(named ^ set(part.fields))}")
    reasons = _reasons(ROOT / f"{module.replace('.', '/')}.py", name)
    rows = [f"\n## {part.title}\n\n`{part.where.replace(':', '.')}`\n\n", _COLUMNS]
    for each in fields:
        if each.name in part.fields:
            told, test = part.fields[each.name]
            rows.append(
                f"| `{each.name}` | {_default(each)} | {reasons.get(each.name, '')} "
                f"| {told} | {_test(part.tests, test)} |\n"
            )
    return "".join(rows)


def _default(each: dataclasses.Field[object]) -> str:
    value = each.default
    if value is dataclasses.MISSING:
        return ""
    if isinstance(value, int) and each.name.endswith("_ns"):
        return _duration(value)
    if each.name in _COUNTS:
        return f"{value:,}"
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 16:
        for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if value % size == 0:
                return f"{value // size} {unit}"
        return f"{value:,}"
    return "none" if value is None else f"{value}"


def _duration(nanoseconds: int) -> str:
    seconds = nanoseconds / 1e9
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _test(folder: str, test: str) -> str:
    if not test:
        return ""
    name, _, function = test.partition("::")
    path = (ROOT / folder / name).resolve()
    if f"def {function}(" not in path.read_text():
        raise ValueError(f"{path.relative_to(ROOT)} has no {function}")
    return f"`{path.relative_to(ROOT)}`: {function.removeprefix('test_')}"


def _reasons(path: Path, name: str) -> dict[str, str]:
    """The text below a field, or below the one it stands together with."""
    body = next(
        node.body
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    found: dict[str, str] = {}
    waiting: list[str] = []
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            waiting.append(node.target.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = " ".join(str(node.value.value).split()).replace("``", "`")
            found |= dict.fromkeys(waiting, text.replace("|", "\\|"))
            waiting = []
    return found


if __name__ == "__main__":
    sys.stdout.write(page())
