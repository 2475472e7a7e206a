"""``who-saw`` and ``seen-by``: answers of a real store, and what is refused."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.cli.ask import period
from proxy.config import load
from proxy.errors import ExitCode, UsageError
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES


def test_who_saw_names_the_accounts_opened_before_listed(recorded: Recorded) -> None:
    """The question: who was shown client 101, and how is the name founded."""
    done = whosaw("who-saw", "101", *recorded.asked)

    lines = done.stdout.splitlines()
    opened = [line.split() for line in lines if re.match(r"\d{4}-", line)]
    assert done.returncode == ExitCode.OK, done.stderr
    assert "client 101 in tickets" in lines[0]
    assert "shown 2 times opened, 0 times in a list" in lines[0]
    assert [
        [account, "confirmed", "(form)", "view", "127.0.0.1"]
        for account in ("joan", "rik")
    ] == [row[2:-1] for row in opened]
    assert all(re.fullmatch(r"test:\d+:\d+", row[-1]) for row in opened)


def test_an_answer_ends_with_what_it_cannot_say(recorded: Recorded) -> None:
    """Unread pages and views without a name, also of other clients."""
    done = whosaw("who-saw", "101", *recorded.asked)

    _, caveats = done.stdout.split("What this answer cannot say about the period:\n")
    assert caveats.splitlines() == [
        "  unread: tickets /report unmapped (no_rule), once by 1 accounts",
        "  without a name: 1 views of 1 subjects in tickets (no_session)",
    ]


def test_a_client_nobody_was_shown_is_answered_as_such(recorded: Recorded) -> None:
    """Nobody is an answer, not an error."""
    done = whosaw("who-saw", "999", *recorded.asked)

    assert done.returncode == ExitCode.OK
    assert "shown 0 times opened, 0 times in a list" in done.stdout
    assert "Opened" not in done.stdout


def test_a_view_without_a_name_says_why(recorded: Recorded) -> None:
    """Not recorded as anybody's, and not left out."""
    done = whosaw("who-saw", "103", *recorded.asked)

    assert re.search(r"unknown \(no_session\) +none +view", done.stdout)


def test_seen_by_tells_what_an_account_was_shown(recorded: Recorded) -> None:
    """Clients appear as pseudonyms, whole: a part of one finds nothing."""
    done = whosaw("seen-by", "joan", *recorded.asked)

    assert done.returncode == ExitCode.OK, done.stderr
    assert "shown once opened, 3 times in a list" in done.stdout
    assert len(re.findall(r"client [0-9a-f]{32} ", done.stdout)) == 4


@pytest.mark.parametrize("columns", [40, 80])
def test_on_a_narrow_terminal_the_answer_folds(
    recorded: Recorded, columns: int
) -> None:
    """Nothing is cut: every character is there, within the width."""
    wide = whosaw("who-saw", "101", *recorded.asked).stdout
    done = whosaw("who-saw", "101", *recorded.asked, columns=columns)

    assert "…" not in done.stdout
    table, _ = done.stdout.split("What this answer")
    wide_table, _ = wide.split("What this answer")
    # The first lines are left to the terminal; their times may differ.
    rows, wide_rows = (
        "".join(text.split("Opened")[1].split()) for text in (table, wide_table)
    )
    assert sorted(wide_rows) == sorted(rows)
    assert max(map(len, table.split("Opened")[1].splitlines())) <= columns


def test_json_holds_the_views_and_the_caveats(recorded: Recorded) -> None:
    """One object with the same answer, for machines."""
    done = whosaw("who-saw", "101", "--json", *recorded.asked)

    answer = json.loads(done.stdout)
    assert [view["actor"] for view in answer["views"]] == ["joan", "rik"]
    assert {view["kind"] for view in answer["views"]} == {"unknown"}
    assert {"client"} == {view["rule"] for view in answer["views"]}
    assert [page["path"] for page in answer["unread"]] == ["/report"]
    assert [each["views"] for each in answer["unattributed"]] == [1]
    assert answer["gaps"] == []
    assert answer["complete"] is True


def test_an_answer_that_was_cut_says_so(recorded: Recorded) -> None:
    """``--limit`` bounds what is printed, never silently."""
    text = whosaw("who-saw", "101", "--limit", "1", *recorded.asked).stdout
    answer = whosaw("who-saw", "101", "--limit=1", "--json", *recorded.asked).stdout

    assert "There is more" in text
    assert json.loads(answer)["complete"] is False


def test_a_period_before_anything_was_recorded_is_empty(recorded: Recorded) -> None:
    """``--to`` is not included."""
    done = whosaw(
        *("who-saw", "101", "--from", "2001-01-01", "--to", "2001-02-01"),
        *recorded.reasoned,
    )

    assert done.returncode == ExitCode.OK
    assert "2001-01-01 00:00 to 2001-02-01 00:00: shown 0 times" in done.stdout
    assert "nothing is missing" in done.stdout


@pytest.mark.parametrize("word", ["yesterday", "2026-13-01", "31-01-2026", ""])
def test_what_is_no_date_is_refused(word: str) -> None:
    """The option, the word, and what is expected."""
    with pytest.raises(UsageError, match=f"--from {word}: expected a time such as"):
        period(word, None)


def test_a_wrong_date_ends_the_command_with_2(recorded: Recorded) -> None:
    """And nothing is asked."""
    done = whosaw("who-saw", "101", "--from", "yesterday", *recorded.reasoned)

    assert done.returncode == ExitCode.USAGE
    assert "--from yesterday: expected a time such as" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("word", ["1900-01-01", "1970-12-31", "2262-01-01"])
def test_a_date_no_store_can_hold_is_refused(word: str) -> None:
    """It would be an error of the store, which knows no option."""
    with pytest.raises(UsageError, match="expected a year from 1971 to 2261"):
        period(None, word)


def test_the_whole_of_time_can_be_asked_for(recorded: Recorded) -> None:
    """From the earliest date there is to the latest."""
    done = whosaw(
        *("who-saw", "101", "--from", "1971-01-01", "--to", "2261-12-31"),
        *recorded.reasoned,
    )

    assert done.returncode == ExitCode.OK, done.stderr
    assert "shown 2 times opened" in done.stdout


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    """Both ends are named."""
    with pytest.raises(
        UsageError, match=r"2026-02-01 .* is not before --to 2026-01-01"
    ):
        period("2026-02-01", "2026-01-01")


def test_the_period_is_the_last_thirty_days_by_default() -> None:
    """Without options: until now."""
    since, until = period(None, None)

    assert until - since == timedelta(days=30)
    assert datetime.now(UTC) - until < timedelta(minutes=1)


def test_an_offset_in_a_time_is_kept() -> None:
    """Times without one are local."""
    since, _ = period("2026-01-31T09:00+02:00", "2026-02-01")

    assert since == datetime(2026, 1, 31, 7, tzinfo=UTC)


@pytest.mark.parametrize("command", ["who-saw", "seen-by"])
def test_a_store_that_does_not_answer_ends_with_3(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address stands in the message; the password does not."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = write_config(tmp_path, [front])
    state = load(config).state
    state.mkdir()
    (state / "keys").touch(0o600)
    (state / "keys").write_text(f"session 1 {'ab' * 32}\nsubject 1 {'cd' * 32}\n")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        text = re.sub(r"(  url: http://)\S+", rf"\g<1>{address}", config.read_text())
        config.write_text(text)
        code = run([command, "someone", "--reason=x", "--config", str(config)])

    said = capsys.readouterr().err
    assert code == ExitCode.UNAVAILABLE
    assert f"the store at http://{address} does not answer" in said
    assert (state / "store-password").read_text().strip() not in said


def test_a_sidecar_that_never_ran_has_no_keys_to_ask_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new key would find nothing and look like nobody."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = write_config(tmp_path, [front])

    code = run(["who-saw", "101", "--reason", "x", "--config", str(config)])

    assert code == ExitCode.USAGE
    assert "cannot read the key file" in capsys.readouterr().err
    assert not load(config).keys.exists()
