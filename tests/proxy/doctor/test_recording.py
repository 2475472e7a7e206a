"""Rules against traffic, and the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proxy.config import Config, load
from proxy.doctor.finding import Grade
from proxy.doctor.recording import coverage, rules, store
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Nothing of it runs."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(tmp_path, [front]))


def test_a_rule_set_that_reads_its_application_is_good() -> None:
    """Ignored pages are read: that nothing is there is known."""
    counted = [
        ("recorded", "confirmed", 900),
        ("nothing_expected", "none", 5000),
        ("unmapped", "confirmed", 3),
    ]

    assert coverage("sonar", counted).grade is Grade.GOOD


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        ([("recorded", "confirmed", 900), ("unmapped", "none", 100)], "10.0% not read"),
        ([("recorded", "confirmed", 900), ("failed", "none", 100)], "10.0% not read"),
        ([("recorded", "confirmed", 500), ("recorded", "none", 500)], "50.0% of 1,000"),
    ],
)
def test_pages_that_are_not_read_or_named_are_bad(
    counted: list[tuple[str, str, int]], said: str
) -> None:
    """With the share, and where the pages are listed."""
    found = coverage("sonar", counted)

    assert found.grade is Grade.BAD
    assert said in found.said
    assert "whosaw status" in found.do


def test_a_few_exchanges_are_not_judged() -> None:
    """Ten of ten unmapped on the first minute say nothing."""
    assert coverage("sonar", [("unmapped", "none", 10)]).grade is Grade.NOTE


def test_without_a_recorder_the_rules_are_only_read(config: Config) -> None:
    """And a mistake in them is the recorder's refusal."""
    (found,) = rules(config)

    assert (found.about, found.grade) == ("tickets", Grade.NOTE)


def test_an_embedded_store_is_there_once_the_sidecar_runs(config: Config) -> None:
    """Before the first start it is not missed."""
    config.state.mkdir()

    (found,) = store(config)

    assert found.grade is Grade.NOTE


def test_a_store_that_is_away_is_bad_and_not_refused(config: Config) -> None:
    """Evidence waits in the journal."""
    config.state.mkdir()
    elsewhere = replace(config, store=replace(config.store, embedded=False))
    config.store.password_file.write_text("secret")
    config.store.password_file.chmod(0o600)

    (found,) = store(elsewhere)

    assert found.grade is Grade.BAD
    assert found.said == "the store does not answer: connection refused"
    assert "journal" in found.do
