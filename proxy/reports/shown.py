"""A client's report as the lines and columns one audience may see.

What a citizen may not see is left out *here*, before anything is written: neither
the page nor the table can show an employee by mistake. Texts are made printable
(control characters as escapes); escaping for HTML and for spreadsheets is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from proxy.events import AccountKind
from proxy.reports.client import ClientReport, Row, Unestablished
from proxy.reports.words import WORDS, Audience, Language
from proxy.store.crosswalk import Identifier
from proxy.store.seen import Seen

MOST_TEXT = 1_000
"""Characters of one value; names and paths are bounded at a few hundred, a value
from a hostile page may not be."""

Line = Mapping[str, str]
"""Column (a key of ``words``) → text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is written, whatever the form."""

    audience: Audience
    language: Language
    words: Mapping[str, str]
    head: tuple[tuple[str, str], ...]
    """Label and text."""
    summary: str
    warnings: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    caveat_columns: tuple[str, ...]
    caveats: tuple[Line, ...]
    ids: tuple[str, ...]


_CITIZEN = ("when", "what", "purpose", "categories", "application", "reference")
_INVESTIGATOR = (
    *("when", "account", "founded", "what", "purpose", "categories", "application"),
    *("address", "rule", "by", "reference"),
)
_CAVEATS = ("why", "from", "until", "application", "number")


def shown(report: ClientReport, audience: Audience, language: Language) -> Shown:
    """What this audience is shown of a report."""
    words = WORDS[language]
    citizen = audience is Audience.CITIZEN
    known = {each.pseudonym: each for each in report.identity.identifiers}
    return Shown(
        audience=audience,
        language=language,
        words=words,
        head=(
            (words["about"], printable(f"{report.subject_type} {report.client}")),
            (
                words["period"],
                f"{_time(report.start)} {words['to']} {_time(report.end)}",
            ),
            (words["made"], _time(report.made_at)),
        ),
        summary=words["count"].format(
            opened=report.opened, listed=len(report.rows) - report.opened
        ),
        warnings=tuple(_warnings(report, words)),
        columns=_CITIZEN if citizen else _INVESTIGATOR,
        lines=tuple(
            _citizen(row, words) if citizen else _investigator(row, words, known)
            for row in report.rows
        ),
        caveat_columns=_CAVEATS if citizen else (*_CAVEATS, "detail"),
        caveats=tuple(
            _caveat(each, words, detailed=not citizen) for each in report.unestablished
        ),
        ids=()
        if citizen
        else tuple(_id(each) for each in report.identity.identifiers if each.hops),
    )


def printable(text: str) -> str:
    """For people: control characters as escapes, never longer than ``MOST_TEXT``."""
    cut = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)


def _warnings(report: ClientReport, words: Mapping[str, str]) -> list[str]:
    found = []
    if not report.complete:
        found.append(words["incomplete"].format(n=len(report.rows)))
    if not report.caveats_complete:
        found.append(words["caveats_incomplete"])
    if not report.identity.complete:
        found.append(words["ids_incomplete"])
    if report.identity.conflicts:
        found.append(words["conflicts"].format(n=len(report.identity.conflicts)))
    return found


def _citizen(row: Row, words: Mapping[str, str]) -> Line:
    seen = row.seen
    return {
        "when": _time(seen.started_at),
        "what": words[seen.action.value],
        "purpose": printable(row.purpose) or words["unknown_purpose"],
        "categories": printable(", ".join(seen.categories)),
        "application": printable(seen.application),
        "reference": printable(f"{seen.node}:{seen.epoch}:{seen.seq}"),
    }


def _investigator(
    row: Row, words: Mapping[str, str], known: Mapping[str, Identifier]
) -> Line:
    seen = row.seen
    found = known.get(seen.subject)
    by = "" if found is None or not found.hops else ", ".join(found.sources)
    return {
        **_citizen(row, words),
        "account": printable(_account(seen, words)),
        "founded": printable(_founded(seen, words)),
        "address": printable(seen.client_address),
        "rule": printable(seen.rule),
        "by": printable(f"{seen.subject_type} {by}".rstrip()),
    }


def _account(seen: Seen, words: Mapping[str, str]) -> str:
    name = seen.actor or seen.learned_actor
    if not name:
        return f"{words['unknown']} ({seen.reason})"
    plain = seen.kind in (AccountKind.PERSON, AccountKind.UNKNOWN)
    return name if plain else f"{name} ({seen.kind.value})"


def _founded(seen: Seen, words: Mapping[str, str]) -> str:
    if seen.learned_actor and not seen.actor:
        how = f"{seen.learned_strength.value} ({seen.learned_scheme})"
        return f"{words['learned']}: {how}"
    scheme = f" ({seen.scheme})" if seen.scheme else ""
    return seen.strength.value + scheme


def _caveat(
    each: Unestablished, words: Mapping[str, str], *, detailed: bool
) -> dict[str, str]:
    line = {
        "why": words[f"why_{each.why.value}"],
        "from": _time(each.from_at),
        "until": _time(each.to_at),
        "application": printable(each.application) or words["any"],
        "number": str(each.count or ""),
    }
    return {**line, "detail": printable(each.detail)} if detailed else line


def _id(each: Identifier) -> str:
    via = f"{each.through_type} {each.through}"
    said = ", ".join(each.sources)
    return printable(f"{each.type} {each.pseudonym} = {via} ({said})")


def _time(at: datetime) -> str:
    """Local time with its offset: clocks change twice a year."""
    return at.astimezone().isoformat(sep=" ", timespec="seconds")
