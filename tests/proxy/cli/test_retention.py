"""``whosaw hold`` and ``whosaw retain``, as an officer runs them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from proxy.app.retaining import Retaining
from proxy.cli import run
from proxy.errors import ExitCode
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw

PERIOD = ("--from", "2020-01-01", "--to", "2100-01-01")


def test_a_hold_is_placed_listed_and_released(recorded: Recorded) -> None:
    """The id of the client stands nowhere; its pseudonyms do."""
    placed = whosaw(
        "hold", "add", "--client", "101", *PERIOD, "--reason", "a \x1b case",
        "--by", "officer", *recorded.config,
    )  # fmt: skip
    listed = json.loads(whosaw("hold", "list", "--json", *recorded.reasoned).stdout)
    shown = whosaw("hold", "list", *recorded.reasoned).stdout
    hold = listed[0]["hold"]
    released = whosaw("hold", "release", hold, "--reason", "over", *recorded.config)

    assert placed.stdout == f"hold {hold} is in force\n"
    assert (listed[0]["placed_by"], listed[0]["reason"]) == ("officer", "a \x1b case")
    assert [len(each) for each in listed[0]["subjects"]] == [32]
    assert "\x1b" not in shown
    assert released.stdout == f"hold {hold} is released\n"
    assert whosaw("hold", "list", *recorded.reasoned).stdout == "no hold is in force\n"


def test_nothing_is_erased_of_a_young_store(recorded: Recorded) -> None:
    """Every view is there still; the shipper's own run says the same."""
    done = whosaw("retain", *recorded.config)
    told = json.loads(whosaw("retain", "--dry-run", "--json", *recorded.config).stdout)
    retaining = Retaining(recorded.running.config)
    retaining.once(datetime.now(UTC))

    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stdout == "0 rows erased; 0 holds in force\n"
    assert (told["rows"], told["left"], told["doubtful"]) == (0, 0, [])
    figures = retaining.figures()
    assert figures.pop("retained_at") > 0
    assert figures == {"retain_erased": 0, "retain_holds": 0, "retain_doubtful": 0}


def test_a_hold_needs_a_period_and_somebody(recorded: Recorded) -> None:
    """Each mistake is one text and exit code 2."""
    config = recorded.config

    assert run(["hold", "add", *PERIOD, "--reason", "x", *config]) == ExitCode.USAGE
    ends = ("--from", "2026-01-02", "--to", "2026-01-01")
    assert (
        run(["hold", "add", "--employee", "a", *ends, "--reason", "x", *config])
        == ExitCode.USAGE
    )
    assert run(["hold", "release", "nope", "--reason", "x", *config]) == ExitCode.USAGE
