"""Records in a property set of Siebel's web engine, with named fields.

A full answer (``Status`` NewLayout) holds a string table (``sc``, attribute
``v``), business components (``bci``, id such as ``S_BC1``, attribute ``n`` the
name), their fields in order (``fl/f``, ``n`` an index of the string table) and
records (``rl/r``: ``i`` the row id, ``v`` the values in the order of the fields,
the last of them the field ``Id``). Later answers refer to ``S_BC1`` by ``bci`` or
``bc`` and leave names and fields out: they are those of the layout.

Row ids ``VRId-…`` are virtual rows, no records.

The shape of full answers is recorded; that of later ones is simulated from the
keys that clients of the protocol read (``bc``, ``ValueArray``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from proxy.extraction.dialects.swe_tree import SweNode, star_array

MAX_COMPONENTS = 128
"""Business components a session's layout keeps: a view has a few."""
MAX_FIELDS = 1000
"""Fields kept of one."""
_VIRTUAL = re.compile(r"VRId-\d+")


class Component(NamedTuple):
    """A business component: its name and its fields in order."""

    name: str
    fields: tuple[str, ...]


@dataclass(slots=True)
class Layout:
    """What answers refer to."""

    strings: list[str] = field(default_factory=list)
    components: dict[str, Component] = field(default_factory=dict)
    """Id (``S_BC1``) → component."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        texts = sum(60 + len(text) for text in self.strings)
        fields = sum(
            200 + sum(60 + len(name) for name in component.fields)
            for component in self.components.values()
        )
        return texts + fields


@dataclass(slots=True)
class Records:
    """What one answer holds."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Name of the component → its records: field → value, ``Id`` the row id."""
    layout: Layout = field(default_factory=Layout)
    """The one known before, with what this answer said."""
    changed: bool = False
    """It said something about the layout."""
    flaws: list[str] = field(default_factory=list)


def read_records(root: SweNode, known: Layout | None) -> Records:
    """The records of an answer.

    Args:
        root: The whole property set.
        known: The session's layout before it; not changed.
    """
    records = Records()
    if known is not None:
        records.layout = Layout(known.strings, dict(known.components))
    stack: list[tuple[SweNode, str]] = [(root, "")]
    while stack:
        node, component = stack.pop()
        attributes = node.attributes
        if node.name == "sc" and "v" in attributes:
            records.layout.strings = _values(attributes["v"], records)
            records.changed = True
        elif node.name == "bci" and node.id:
            component = node.id
            _learn(node, records)
        elif node.name == "fl":
            continue
        else:
            component = attributes.get("bci") or attributes.get("bc") or component
            values = attributes.get("ValueArray")
            if values is None and node.name == "r":
                values = attributes.get("v")
            if values is not None and component:
                _row(component, values, attributes.get("i"), records)
        stack += [(child, component) for child in reversed(node.children)]
    return records


def _learn(node: SweNode, records: Records) -> None:
    """A component's name and fields, as far as they are given."""
    components = records.layout.components
    before = components.get(node.id)
    name = node.attributes.get("n") or (before.name if before else "")
    fields = before.fields if before and before.name == name else ()
    strings = records.layout.strings
    for child in node.children:
        if child.name == "fl":
            named = [_string(each, strings) for each in child.children[:MAX_FIELDS]]
            fields = tuple(named)
    if name and (before is None or before != (name, fields)):
        components.pop(node.id, None)
        components[node.id] = Component(name, fields)
        records.changed = True
        while len(components) > MAX_COMPONENTS:
            del components[next(iter(components))]


def _string(node: SweNode, strings: list[str]) -> str:
    """Name of a field: an index of the string table."""
    index = node.attributes.get("n", "")
    if index.isascii() and index.isdecimal() and len(index) < 7:
        number = int(index)
        return strings[number] if number < len(strings) else ""
    return index


def _row(component: str, array: str, row_id: str | None, records: Records) -> None:
    values, whole = star_array(array)
    if not whole:
        records.flaws.append("bad_star_array")
    identity = row_id or (values[-1] if values and whole else "")
    if not identity or _VIRTUAL.fullmatch(identity):
        return
    known = records.layout.components.get(component)
    if known is None:
        records.flaws.append("layout_unknown")
        return
    if not row_id and known.fields and len(values) != len(known.fields):
        records.flaws.append("odd_row")
        return
    row: dict[str, str] = {}
    if len(values) == len(known.fields):
        row = dict(zip(known.fields, values, strict=True))
        if len(row) < len(values):
            # Backwards: of two fields with one name the first counts.
            row = dict(zip(known.fields[::-1], values[::-1], strict=True))
        row.pop("", None)
        if row.get("Id", identity) != identity:
            records.flaws.append("odd_row")
    else:
        # Which value is whose cannot be told; the row id can.
        records.flaws.append("layout_unknown" if not known.fields else "odd_row")
    row["Id"] = identity
    records.rows.setdefault(known.name, []).append(row)


def _values(array: str, records: Records) -> list[str]:
    values, whole = star_array(array)
    if not whole:
        records.flaws.append("bad_star_array")
    return values
