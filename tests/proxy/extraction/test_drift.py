"""A rule that finds none any more is failed, not a quiet day."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import Action, Extraction
from proxy.extraction.drift import MOST_OF_ONE, PREFIX, Drift
from proxy.extraction.model import Extracted, Found, Reading
from proxy.ruleset import RuleSet
from tests.support.pages import exchange, rules

ROWS = '<tr data-id="1"></tr>'
RULES = rules(
    """\
  list: {request: "GET /list", action: list, each: &r {css: "tr"}, subject: &s {type: client, id: attr.data-id}}
  quiet: {request: "GET /quiet", action: search, each: *r, subject: *s, drift: false}
  shown: {request: "GET /shown", action: list, each: *r, subject: *s, shown_when: {css: h1}}
  both:
    request: "GET /both"
    action: list
    subjects:
      - {type: client, id: attr.data-id, each: *r}
      - {type: partner, id: attr.data-id, each: {css: "li"}}
      - {type: client, id: attr.data-id, each: {css: "nav a"}, action: mention}
"""  # noqa: E501
)


class Watched:
    """Drift of a rule set, and pages that different people open."""

    def __init__(self, ruleset: RuleSet = RULES, drift: Drift | None = None) -> None:
        self.ruleset = ruleset
        found = [record.rule for record in ruleset.records]
        self.drift = drift or Drift("sonar", ruleset.hash, found)
        self._people = count()

    def page(self, path: str, body: str, who: str = "", **more: int) -> tuple[str, str]:
        """What it amounts to; opened by somebody else each time."""
        reading = self.ruleset.read(exchange(path, body, **more))  # type: ignore[arg-type] # test shorthand
        who = who or str(next(self._people))
        answer = self.drift.judged(reading, who).extracted
        return answer.status.value, answer.reason

    def full(self, path: str = "/list", body: str = f"<h1>x</h1>{ROWS}") -> None:
        """Often enough to be known for it."""
        for _ in range(100):
            assert self.page(path, body) == ("recorded", "")


def noticed(watched: Watched, path: str, body: str) -> int:
    """After how many such pages they are failed."""
    for number in range(1, 50):
        if watched.page(path, body) == ("failed", "drift"):
            return number
    raise AssertionError("never")


def test_a_screen_that_changes_half_way_is_failed_from_the_sixth_page_on() -> None:
    """And recorded again when its rows are found again."""
    watched = Watched()
    watched.full()

    seen = [watched.page("/list", "<div data-id=1>") for _ in range(12)]

    assert seen == [("recorded", "no_rows")] * 5 + [("failed", "drift")] * 7
    assert watched.drift.drifting() == {"list": 12}
    assert watched.page("/list", ROWS) == ("recorded", "")
    assert watched.drift.drifting() == {}


def test_a_refusal_that_is_always_seen_is_drift() -> None:
    """``shown_when`` describes a screen, too."""
    watched = Watched()
    watched.full("/shown")

    assert noticed(watched, "/shown", f"<h2>x</h2>{ROWS}") == 6


def test_one_kind_of_subject_may_drift_alone() -> None:
    """The page is partial then; what is only mentioned is not missed."""
    watched = Watched()
    watched.full("/both", f"{ROWS}<li data-id=2></li><nav><a data-id=3>x</a></nav>")

    seen = [watched.page("/both", ROWS) for _ in range(8)]

    assert seen == [("recorded", "")] * 5 + [("partial", "drift")] * 3


def test_a_rule_may_say_that_its_emptiness_means_nothing() -> None:
    """``drift: false``."""
    watched = Watched()
    watched.full("/quiet")

    assert {watched.page("/quiet", "<p>") for _ in range(100)} == {
        ("recorded", "no_rows")
    }


def test_what_one_person_looks_for_in_vain_is_no_changed_screen() -> None:
    """Of one session in a row only so many count."""
    watched = Watched()
    watched.full()

    alone = [watched.page("/list", "<p>", "jansen") for _ in range(50)]
    others = [watched.page("/list", "<p>") for _ in range(6 - MOST_OF_ONE)]

    assert set(alone) == {("recorded", "no_rows")}
    assert others[-1] == ("failed", "drift")


@pytest.mark.parametrize(
    ("status", "body"),
    [(304, ""), (403, ""), (500, ""), (200, "")],
)
def test_what_says_so_itself_is_not_counted(status: int, body: str) -> None:
    """Errors, a 304; and an exchange that no rule claims."""
    watched = Watched()
    watched.full()
    path = "/list" if status != 200 else "/other"

    for _ in range(50):
        assert watched.page(path, body, status=status)[1] != "drift"
    assert watched.drift.drifting() == {}


def kept(watched: Watched) -> dict[bytes, bytes]:
    """What would stand in the journal."""
    return {key: blob for key, blob in watched.drift.changes() if blob is not None}


def test_a_restart_keeps_what_is_known() -> None:
    """At most 31 pages late, an alarm at once; not those of other applications."""
    watched = Watched()
    watched.full()
    journal = kept(watched)
    assert watched.drift.changes() == []
    later = Watched()
    later.drift.load([*journal.items(), (b"session", b"another's")])
    other = Drift("other", RULES.hash, [record.rule for record in RULES.records])
    other.load(journal.items())

    assert {key[: len(PREFIX)] for key in journal} == {PREFIX}
    assert noticed(later, "/list", "<p>") == 6
    journal |= kept(later)
    again = Watched()
    again.drift.load(journal.items())
    assert again.drift.drifting() == {"list": 6}
    assert again.page("/list", "<p>") == ("failed", "drift")
    assert other.drifting() == {}
    assert noticed_never(Watched(drift=other))


def noticed_never(watched: Watched) -> bool:
    """Nothing is known of it."""
    return all(
        watched.page("/list", "<p>") == ("recorded", "no_rows") for _ in range(50)
    )


def test_another_version_ends_the_alarm_and_keeps_the_past() -> None:
    """In a running recorder as over a restart; a rule that is gone is forgotten."""
    watched = Watched()
    watched.full()
    noticed(watched, "/list", "<p>")
    old = kept(watched)
    found = [record.rule for record in RULES.records]
    watched.drift.follow("new", found)
    restarted = Drift("sonar", "new", found)
    restarted.load(old.items())

    for drift in (watched.drift, restarted):
        assert drift.drifting() == {}
        assert noticed(Watched(drift=drift), "/list", "<p>") in (6, 7)
        drift.follow("newer", [])
        assert [blob for _, blob in drift.changes()] == [None]


@given(st.binary(max_size=60))
def test_what_cannot_be_read_is_counted(blob: bytes) -> None:
    """A journal of a later version, or damage."""
    watched = Watched()
    watched.drift.load([(PREFIX + b"x", blob)])

    assert watched.drift.unreadable == 1
    assert watched.drift.drifting() == {}


def test_places_are_bounded() -> None:
    """Shrunk: the second place is not watched, and its pages are counted."""
    drift = Drift("sonar", "x", [record.rule for record in RULES.records], most=1)
    limited = Watched(drift=drift)
    limited.full("/list")
    limited.full("/shown")

    assert drift.untracked == 100
    assert noticed(limited, "/list", "<p>") == 6


def test_only_the_rule_that_found_them_is_credited() -> None:
    """In a batch the subjects of another call say which rule found them."""
    rule = RULES.records[0].rule
    watched = Watched()
    watched.full()
    other = [Found("client", "1", Action.LIST, (), 0, rule="another")]
    reading = Reading(rule.name, "/list", Extracted(Extraction.RECORDED, "", other))

    answers = [watched.drift.judged(reading, str(n)).extracted for n in range(8)]

    assert answers[0].status is Extraction.RECORDED
    assert (answers[-1].status, answers[-1].reason) == (Extraction.PARTIAL, "drift")
