"""The alias file: which person an account name stood for, and when.

CSV with a header line, or YAML with a list of the same fields::

    alias,name,from,to,kind
    jjansen,j.jansen,2019-01-01,2024-07-01,person
    jjansen,jo.jansen,2024-09-01,,person
    svc-export,,,,robot

``from`` is included, ``to`` is not; either may be empty. A day begins at 00:00
UTC unless an offset is written (``2024-07-01T00:00:00+02:00``). An empty
``name`` keeps the account's own. A reissued login has an entry per holder:
between and around the periods of a login that is listed it is *nobody's*,
because the file does not say whose.

Pure: bytes in, ``Aliases`` or every mistake with its line out.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from proxy.attribution.schemes.base import MAX_NAME
from proxy.document import Fields, Kind, Problems, near_miss, parse
from proxy.events import AccountKind

MAX_ENTRIES = 100_000
"""Six for each of 16,000 employees."""
_COLUMNS = ("alias", "name", "from", "to", "kind")
_EVER = 2**63 - 1
_NS = 10**9


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. Times in nanoseconds since the epoch."""

    alias: str
    name: str
    """Empty: the account's own."""
    since: int
    until: int
    kind: AccountKind
    line: int


@dataclass(frozen=True, slots=True)
class Aliases:
    """Entries by normalised alias, each login's in order of time."""

    entries: dict[str, tuple[Entry, ...]]

    def at(self, alias: str, wall_ns: int) -> Entry | None:
        """The entry of a login then; None when no period covers it."""
        for entry in self.entries.get(alias, ()):
            if entry.since <= wall_ns < entry.until:
                return entry
        return None

    def __contains__(self, alias: str) -> bool:
        return alias in self.entries


def read_aliases(
    data: bytes, file: str, canonical: Callable[[str], str]
) -> Aliases | Problems:
    """Aliases of a file's bytes; ``.yaml`` and ``.yml`` are YAML, others CSV.

    Args:
        data: In UTF-8.
        file: Its name, for the format and the problems.
        canonical: Spelling of a login → the one it is compared by.

    Returns:
        Aliases, or a non-empty collection of problems.
    """
    problems = Problems(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(line, "", "not UTF-8", expected="a file saved as UTF-8")
        return problems
    reader = _yaml if file.endswith((".yaml", ".yml")) else _csv
    found: dict[str, list[Entry]] = {}
    for count, (line, row) in enumerate(reader(text, problems)):
        if count == MAX_ENTRIES:
            most = f"at most {MAX_ENTRIES}"
            problems.add(line, "", "too many entries", expected=most)
            break
        entry = _entry(row, line, problems)
        if entry is not None:
            found.setdefault(canonical(entry.alias), []).append(entry)
    for each in found.values():
        each.sort(key=lambda entry: entry.since)
        _apart(each, problems)
    _final(found, canonical, problems)
    return problems or Aliases({key: tuple(each) for key, each in found.items()})


def _csv(text: str, problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = [cell.strip().lower() for cell in cells]
                if not _header(header, reader.line_num, problems):
                    return
                continue
            if len(cells) > len(header):
                expected = ",".join(header)
                problems.add(reader.line_num, "", "too many fields", expected=expected)
                continue
            yield (
                reader.line_num,
                dict(zip(header, map(str.strip, cells), strict=False)),
            )
    except csv.Error as error:
        problems.add(reader.line_num, "", f"not CSV: {error}")
        return
    if header is None:
        problems.add(1, "", "empty", expected="a header: " + ",".join(_COLUMNS))


def _header(header: list[str], line: int, problems: Problems) -> bool:
    good = True
    for name in header:
        if name not in _COLUMNS or header.count(name) > 1:
            hint = near_miss(name, _COLUMNS)
            expected = "" if hint else "a header of " + ",".join(_COLUMNS)
            problems.add(line, name[:60], "not a column", expected=expected, hint=hint)
            good = False
    if good and "alias" not in header:
        problems.add(line, "alias", "missing", expected="a column with the logins")
        good = False
    return good


def _yaml(text: str, problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    root = parse(text, problems)
    if root is None:
        return
    if root.kind is not Kind.SEQUENCE:
        problems.add(root.line, "", "not a list", expected="- {alias: ..., name: ...}")
        return
    for node in root.elements:
        with Fields(node, problems) as fields:
            row = {name: fields.text(name, "") for name in _COLUMNS}
        if node.kind is Kind.MAPPING:
            yield node.line, row


def _entry(row: dict[str, str], line: int, problems: Problems) -> Entry | None:
    before = len(problems)
    alias, name = row.get("alias", ""), row.get("name", "")
    if not alias:
        problems.add(line, "alias", "missing", expected="the login")
    for key, text in (("alias", alias), ("name", name)):
        if len(text) > MAX_NAME or not text.isprintable():
            problems.add(line, key, "not an account's name")
    since = _time(row.get("from", ""), 0, line, "from", problems)
    until = _time(row.get("to", ""), _EVER, line, "to", problems)
    if since >= until and len(problems) == before:
        problems.add(line, "to", "not after from", expected="the first day without it")
    word = row.get("kind", "") or AccountKind.UNKNOWN.value
    words = [kind.value for kind in AccountKind]
    if word not in words:
        hint = near_miss(word, words)
        problems.add(line, "kind", "not a kind", expected=" or ".join(words), hint=hint)
    if len(problems) > before:
        return None
    return Entry(alias, name, since, until, AccountKind(word), line)


def _time(text: str, default: int, line: int, key: str, problems: Problems) -> int:
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp()) * _NS
    except (ValueError, OverflowError):
        problems.add(line, key, "not a day", expected="YYYY-MM-DD")
        return default


def _apart(entries: list[Entry], problems: Problems) -> None:
    """Two holders at one time would make two readings."""
    for earlier, later in itertools.pairwise(entries):
        if later.since < earlier.until:
            problems.add(
                max(later.line, earlier.line),
                "from",
                f"the same login as on line {min(later.line, earlier.line)}, "
                "at the same time",
                expected="periods that do not overlap",
            )


def _final(
    found: dict[str, list[Entry]], canonical: Callable[[str], str], problems: Problems
) -> None:
    """A name that is itself a login of somebody else would mean two people."""
    for entries in found.values():
        for entry in entries:
            for other in found.get(canonical(entry.name), ()) if entry.name else ():
                if (
                    (other.name or entry.name) != entry.name
                    and other.since < entry.until
                    and entry.since < other.until
                ):
                    problems.add(
                        entry.line,
                        "name",
                        f"is itself a login, of somebody else, on line {other.line}",
                        expected="the final name",
                    )
                    break
