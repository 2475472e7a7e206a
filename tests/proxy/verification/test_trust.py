"""What is said about who could have forged what."""

from __future__ import annotations

from datetime import UTC, datetime

from proxy.evidence.chain import chain
from proxy.verification.anchors import Stamped
from proxy.verification.report import Report
from proxy.verification.trust import NEVER, forgeries, nothing_sealed, unchecked
from tests.support.sealing import keys
from tests.support.seals import KEY, run_of

SEALS = run_of((7, 4, 5), (7, 6, 9), (8, 1, 4))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def report(**figures: int) -> Report:
    """A report on one node."""
    found = Report(**figures)  # type: ignore[arg-type]
    found.nodes["node"] = chain("node", SEALS, keys(KEY))
    return found


def test_without_an_anchor_the_key_is_everything() -> None:
    """It is said."""
    without, with_key = forgeries(report(), [], [])

    assert "nothing in its 3 seals, up to 8:4" in without
    assert "replaced everything" in with_key


def test_an_anchor_leaves_what_came_after_it() -> None:
    """A seal that was kept elsewhere, or a time-stamp of a known authority."""
    stamp = Stamped("node", 2, NOW, trusted=True)
    unknown = Stamped("node", 3, NOW, trusted=False)

    for said in (
        list(forgeries(report(), SEALS[:2], [])),
        list(forgeries(report(), [], [stamp, unknown])),
    ):
        assert "only what came after seal 2 (7:9" in said[1]


def test_a_node_without_seals_is_anybodys() -> None:
    """Nothing protects it."""
    found = Report()
    found.nodes["node"] = chain("node", [], keys(KEY))

    assert list(forgeries(found, [], [])) == [
        "node: anybody who can write here: there is no seal"
    ]


def test_what_was_not_checked_is_said() -> None:
    """And what no seal can show, always."""
    unknown = [Stamped("node", 3, NOW, trusted=False)]

    said = list(unchecked(report(unsealed=3, absent=2, erased=5), unknown))

    assert [line.split()[0] for line in said[:5]] == ["3", "2", "5", "rows", "the"]
    assert "before 4" in said[3]
    assert tuple(said[5:]) == NEVER


def test_a_store_without_a_seal_has_a_verdict_of_its_own() -> None:
    """Not that nothing was changed: nobody can know."""
    said = nothing_sealed(Report(unsealed=12))

    assert said.startswith("nothing is sealed yet: 12 rows and no seal")
    assert "within seals.every" in said
