"""The alias file: who a login was, on which day, and every mistake at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.attribution.aliases import Aliases, read_aliases
from proxy.events import AccountKind

CSV = """\
alias,name,from,to,kind
# two people had this login, one after the other
jjansen,j.jansen,2019-01-01,2024-07-01,person
jjansen,jo.jansen,2024-09-01,,person

svc-export,,,,robot
"Balie, begane grond",balie,,,shared
"""
YAML = """\
- {alias: jjansen, name: j.jansen, from: 2019-01-01, to: 2024-07-01, kind: person}
- {alias: jjansen, name: jo.jansen, from: 2024-09-01, kind: person}
- {alias: svc-export, kind: robot}
- {alias: "Balie, begane grond", name: balie, kind: shared}
"""


def when(text: str) -> int:
    """Nanoseconds since the epoch of a time in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 10**9)


def read(text: str, file: str = "aliases.csv") -> Aliases:
    """The aliases of a file that is right."""
    found = read_aliases(text.encode(), file, str.lower)
    assert isinstance(found, Aliases), str(found)
    return found


def mistakes(text: str, file: str = "aliases.csv") -> list[str]:
    """The lines of what is wrong with one."""
    found = read_aliases(text.encode(), file, str.lower)
    assert not isinstance(found, Aliases)
    return str(found).splitlines()


def named(aliases: Aliases, alias: str, text: str) -> str | None:
    """Who a login was then."""
    entry = aliases.at(alias, when(text))
    return None if entry is None else entry.name


@pytest.mark.parametrize(("text", "file"), [(CSV, "a.csv"), (YAML, "a.yaml")])
def test_a_reissued_login_names_its_holder_of_the_day(text: str, file: str) -> None:
    """Never the earlier one; in the months between, nobody."""
    aliases = read(text, file)

    assert named(aliases, "jjansen", "2018-12-31T23:59:59") is None
    assert named(aliases, "jjansen", "2019-01-01") == "j.jansen"
    assert named(aliases, "jjansen", "2024-06-30T23:59:59") == "j.jansen"
    assert named(aliases, "jjansen", "2024-07-01") is None
    assert named(aliases, "jjansen", "2024-09-01") == "jo.jansen"
    assert named(aliases, "balie, begane grond", "2030-01-01") == "balie"
    assert named(aliases, "somebody", "2024-01-01") is None
    assert "jjansen" in aliases
    assert "somebody" not in aliases


def test_kinds_of_accounts_are_read() -> None:
    """A robot's views are not a person's; unknown is what nobody said."""
    aliases = read(CSV + "x,y,,,\n")

    kinds = {
        alias: entry.kind
        for alias in aliases.entries
        if (entry := aliases.at(alias, when("2026-01-01"))) is not None
    }

    assert kinds == {
        "jjansen": AccountKind.PERSON,
        "svc-export": AccountKind.ROBOT,
        "balie, begane grond": AccountKind.SHARED,
        "x": AccountKind.UNKNOWN,
    }


def test_an_offset_says_where_the_day_begins() -> None:
    """Without one a day begins at 00:00 UTC."""
    aliases = read("alias,name,from\nx,y,2024-07-01T00:00:00+02:00\n")

    assert named(aliases, "x", "2024-06-30T22:00:00") == "y"
    assert named(aliases, "x", "2024-06-30T21:59:59") is None


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    """Somebody corrects the file once, not ten times."""
    found = mistakes(
        "alias,name,from,to,kind\n"
        "a,b,yesterday,,\n"
        ",b,,,\n"
        "c,d,2024-02-01,2024-01-01,\n"
        "e,f,,,robt\n"
        "g,h,,,,,\n"
        "i,j,2020-01-01,2022-01-01,\n"
        "I,k,2021-01-01,,\n"
        "l,m,,,\n"
        "m,n,,,\n"
    )

    assert [line.partition(";")[0] for line in found] == [
        "aliases.csv:2: from: not a day",
        "aliases.csv:3: alias: missing",
        "aliases.csv:4: to: not after from",
        "aliases.csv:5: kind: not a kind",
        "aliases.csv:6: too many fields",
        "aliases.csv:8: from: the same login as on line 7, at the same time",
        "aliases.csv:9: name: is itself a login, of somebody else, on line 10",
    ]
    assert "did you mean robot?" in found[3]


def test_a_name_that_is_its_own_login_is_no_mistake() -> None:
    """``jansen,jansen`` gives a period and a kind; ``m,,,,`` keeps the name."""
    read("alias,name,kind\njansen,jansen,person\nl,m,person\nm,,person\n")


@pytest.mark.parametrize(
    ("text", "file", "said"),
    [
        ("", "a.csv", "a.csv:1: empty"),
        ("alais,name\n", "a.csv", "did you mean alias?"),
        ("alias,alias\n", "a.csv", "not a column"),
        ("name,from\n", "a.csv", "alias: missing"),
        ('alias\n"x\n', "a.csv", "not CSV"),
        ("a: b\n", "a.yaml", "not a list"),
        ("- {alias: x, nam: y}\n", "a.yaml", "did you mean name?"),
        ("- x\n", "a.yaml", "a.yaml:1"),
        ("- {alias: x, kind: [robot]}\n", "a.yaml", "text"),
        ("- [\n", "a.yaml", "a.yaml:"),
    ],
)
def test_files_that_are_no_alias_files_are_refused(
    text: str, file: str, said: str
) -> None:
    """With the place and what would be right."""
    assert said in "\n".join(mistakes(text, file))


def test_other_encodings_are_refused() -> None:
    """A spreadsheet's Latin-1 would make two spellings of one name."""
    found = read_aliases("alias\nx\njosé\n".encode("latin-1"), "a.csv", str)

    assert "a.csv:3: not UTF-8" in str(found)


@given(st.text(max_size=200), st.sampled_from(["a.csv", "a.yaml"]))
def test_any_text_is_answered(text: str, file: str) -> None:
    """Aliases or problems, never an exception."""
    data = text.encode("utf-8", "surrogatepass")

    assert read_aliases(data, file, str.lower) is not None
