"""The catalogue: complete, readable, and each sentence has what it says."""

from __future__ import annotations

import pytest

from proxy.detections.catalogue import (
    DIRECTORY,
    Detection,
    Severity,
    by_id,
    catalogue,
    filled,
    read,
)
from proxy.errors import UsageError

FILE = """\
-- id: x
-- title: X
-- severity: low
-- window: day
-- looks_back: 0
-- sentence: "saw {pages|page} of {client}"
-- parameters: {least: {default: 3, means: at least}}
-- cannot_see: [all else]
SELECT 1; SELECT 2
"""


@pytest.mark.parametrize("each", catalogue(), ids=lambda each: each.id)
def test_a_detection_is_its_file_and_says_what_it_cannot_see(each: Detection) -> None:
    """Named as its file; every figure is used and explained."""
    assert (DIRECTORY / f"{each.id}.sql").exists()
    assert each.head.cannot_see
    for name, parameter in each.head.parameters.items():
        assert f"{{{name}:" in each.question
        assert len(parameter.means) > 10
    assert each.placeholders


def test_the_nine_of_the_catalogue() -> None:
    """One that goes away is a change people have to read about."""
    assert set(by_id()) == {
        "bulk-export",
        "outside-caseload",
        "outside-hours",
        "own-record",
        "searched-by-name",
        "two-places",
        "unattributed-access",
        "volume",
        "watched-subject",
    }


def test_a_file_is_read() -> None:
    """Description and two statements."""
    found = read(FILE, "x.sql")

    assert (found.id, found.head.severity) == ("x", Severity.LOW)
    assert (found.question, found.rows) == ("SELECT 1", "SELECT 2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("severity: low", "severity: dire"), "severity"),
        (("SELECT 1; SELECT 2", "SELECT 1"), "1 statements"),
        (("-- title: X\n", ""), "title"),
        (("-- title: X", "-- title: X\n-- titel: Y"), "titel"),
        (("-- id: x", "-- id: [x"), "description"),
    ],
)
def test_a_file_that_is_none_says_why(change: tuple[str, str], said: str) -> None:
    """With its name."""
    with pytest.raises(UsageError, match=said) as error:
        read(FILE.replace(*change), "x.sql")

    assert "x.sql" in str(error.value)


def test_a_sentence_counts_as_people_do() -> None:
    """One page, three pages; a brace in a value stays one."""
    sentence = read(FILE, "x.sql").head.sentence

    assert filled(sentence, {"pages": "1", "client": "{x}"}) == "saw 1 page of {x}"
    assert filled(sentence, {"pages": "3", "client": "y"}) == "saw 3 pages of y"
    with pytest.raises(KeyError):
        filled(sentence, {"pages": "3"})
