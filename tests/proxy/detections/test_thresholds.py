"""Thresholds: read strictly, every mistake at once with its line."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from proxy.detections.catalogue import Severity, by_id
from proxy.detections.thresholds import USUAL, defaults, load
from proxy.detections.working_time import HOLIDAY, Hours
from proxy.errors import UsageError

FILE = """\
zone: Europe/Amsterdam
holidays: [2026-04-27, 2026-12-25]
hours:
  usual: {monday: 08:00-18:00, tuesday: [08:00-12:00, 13:00-18:00]}
  shifts: {friday: 22:00-06:00, holiday: 00:00-00:00}
detections:
  volume: {least: 100, factor: 2.5, severity: high}
  two-places: {trusted: [10.0.0.0/8]}
  outside-hours: {enabled: no}
suppress:
  - {detection: volume, employee: jansen, reason: audit of the year, until: 2026-07-01}
"""


def written(tmp_path: Path, text: str) -> Path:
    """A thresholds file."""
    path = tmp_path / "thresholds.yaml"
    path.write_text(text)
    return path


def test_what_a_file_says_counts_and_what_it_does_not_is_the_catalogues(
    tmp_path: Path,
) -> None:
    """Figures, hours, holidays, suppressions."""
    found = load(written(tmp_path, FILE))

    assert found.zone.key == "Europe/Amsterdam"
    assert found.holidays == {date(2026, 4, 27), date(2026, 12, 25)}
    assert found.hours[USUAL][1] == (
        Hours(time(8), time(12)),
        Hours(time(13), time(18)),
    )
    assert found.hours["shifts"][HOLIDAY] == (Hours(time(0), time(0)),)
    volume = found.settings["volume"]
    assert volume.values == {"least": 100, "factor": 2.5, "days": 5}
    assert volume.severity is Severity.HIGH
    assert found.settings["two-places"].values["trusted"] == ("10.0.0.0/8",)
    assert not found.settings["outside-hours"].enabled
    assert found.settings["own-record"].enabled
    assert found.suppressions[0].until == date(2026, 7, 1)


def test_without_a_file_all_is_as_the_catalogue_has_it() -> None:
    """In UTC, with office hours."""
    found = load(None)

    assert (found.zone.key, set(found.settings)) == ("UTC", set(by_id()))
    assert found == defaults()


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("Europe/Amsterdam", "Europe/Atlantis"), 1, "no such time zone"),
        (("2026-04-27", "27-04-2026"), 2, "not a day"),
        (("monday: 08", "mondag: 08"), 4, "unknown key"),
        (("08:00-18:00,", "8-18,"), 4, "not working hours"),
        (("08:00-18:00,", "08:00-28:00,"), 4, "not working hours"),
        (("  volume: {", "  volumes: {"), 7, "no such detection; did you mean volume"),
        (("least: 100", "least: many"), 7, "not a number"),
        (("least: 100", "leest: 100"), 7, "unknown key"),
        (("severity: high", "severity: dire"), 7, "'dire'"),
        (("detection: volume", "detection: volumes"), 11, "no such detection"),
        (("reason: audit of the year, ", ""), 11, "missing"),
        (("reason: audit of the year", 'reason: ""'), 11, "no reason"),
        ((", until: 2026-07-01", ""), 11, "missing"),
        (("employee: jansen", "subject: jansen"), 11, "not a pseudonym"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, said: str
) -> None:
    """And what is expected there."""
    path = written(tmp_path, FILE.replace(*change))

    with pytest.raises(UsageError) as error:
        load(path)

    assert f"{path}:{line}" in str(error.value)
    assert said in str(error.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """One run shows them all."""
    text = FILE.replace("Amsterdam", "Atlantis").replace("100", "x").replace("08", "8")

    with pytest.raises(UsageError) as error:
        load(written(tmp_path, text))

    assert len(str(error.value).splitlines()) >= 4


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(UsageError, match=r"none\.yaml"):
        load(tmp_path / "none.yaml")


def test_another_figure_is_another_digest(tmp_path: Path) -> None:
    """A finding tells by which figures it was found."""
    detection = by_id()["volume"]

    one = load(written(tmp_path, FILE)).digest(detection)
    other = load(written(tmp_path, FILE.replace("100", "101"))).digest(detection)

    assert one != other != defaults().digest(detection)
