"""Every command stands in one of two classes: its inquiry is on record first, or it
shows nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from proxy.app.account import account
from proxy.app.asked import node_of
from proxy.cli import MODULES, command_line, run
from proxy.config import Config, load
from proxy.errors import ExitCode
from proxy.events import decode
from proxy.events.custody import InquiryRecorded
from proxy.journal import JournalReader
from proxy.keys import load_or_create
from proxy.pseudonym import pseudonym
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES

PERIOD = ("--from", "2026-05-01", "--to", "2026-06-01")
VIEW = "test:1:2"

RECORDED: dict[str, tuple[str, ...]] = {
    "who-saw": ("4711",),
    "seen-by": ("joan",),
    "question": ("gaps",),
    "report client": ("4711",),
    "export": ("--format", "csv"),
    "why": (VIEW,),
    "crosswalk load": ("pairs.csv",),
    "crosswalk conflicts": (),
    "load": ("watchlist", "watched.csv"),
    "detect": (),
    "review": ("abcdef",),
    "subject reveal": ("00" * 16,),
    "subject forget": ("4711",),
    "hold add": ("--client", "4711", *PERIOD),
    "hold list": (),
    "hold release": ("00",),
    "prove": (VIEW,),
    "export-evidence": ("evidence",),
    "store backup": ("backup",),
    "store move": ("--to", "http://127.0.0.1:1", "--password-file", "password"),
}
"""They show what was recorded of people, or change what answers rest on; and what to
ask them with."""

SILENT = {
    **dict.fromkeys(
        (
            *("run", "wire", "record", "ship", "seal", "ldv", "store", "admin"),
            *("attribute-across", "questions", "transparent guard"),
        ),
        "a process of the sidecar; nobody asks",
    ),
    **dict.fromkeys(
        (
            *("migrate", "reload", "transparent up", "transparent down"),
            *("transparent status", "status", "doctor", "canary", "demo"),
        ),
        "operates the sidecar; names no employee and no client",
    ),
    **dict.fromkeys(
        ("bypass on", "bypass off", "bypass status"), "recorded as a gap, with a reason"
    ),
    **dict.fromkeys(("reviewed", "reconcile", "verify"), "prints numbers"),
    "attest": "prints numbers; of people only who held, copied or asked",
    "retain": "prints numbers; recorded in erasures",
    "store restore": "fills empty tables, those of inquiries among them",
    **dict.fromkeys(
        ("rules check", "rules explain", "rules coverage", "rules test", "rules diff"),
        "reads files that its user has",
    ),
    "rules schema": "prints a schema",
    "verify-proof": "reads a file that its user has",
    **dict.fromkeys(
        ("captures show", "captures purge", "replay"), "reads files that its user has"
    ),
    "capture": "recorded by the recorder, with a reason, before it begins",
    "reprocess": "recorded as views found later; prints numbers",
    **dict.fromkeys(
        (
            *("keys make-seal-key", "keys make-capture-key", "keys rotate"),
            *("keys export", "keys restore"),
        ),
        "touches no store",
    ),
}
"""They show nobody, and why that is so."""


def leaves(command: Any, name: str = "") -> Iterator[str]:
    """Every command that can be given, groups apart."""
    inner = getattr(command, "commands", {})
    if name and (not inner or command.invoke_without_command):
        yield name
    for word, each in inner.items():
        yield from leaves(each, f"{name} {word}".strip())


COMMANDS = set(leaves(typer.main.get_command(command_line(""))))


def test_every_command_stands_in_one_of_two_classes() -> None:
    """A new command must be placed; one that is gone must be taken out."""
    assert {name.split()[0] for name in COMMANDS} == set(MODULES)
    assert RECORDED.keys() & SILENT.keys() == set()
    assert RECORDED.keys() | SILENT.keys() == COMMANDS


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A config whose store does not answer, and the files that commands are given."""
    monkeypatch.chdir(tmp_path)
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = load(write_config(tmp_path, [front]))
    load_or_create(config.keys)
    (tmp_path / "watched.csv").write_text("subject,reason,valid_from\n1,x,2026-01-01\n")
    (tmp_path / "pairs.csv").write_text("client,4711,bsn,123456782\n")
    (tmp_path / "password").touch(0o600)
    (tmp_path / "password").write_text("x")
    return config


def on_disk(config: Config) -> list[InquiryRecorded]:
    """What commands have recorded."""
    reader = JournalReader(config.asked_directory / "journal")
    found = []
    for epoch in reader.epochs():
        assert reader.node(epoch) == node_of(config)
        for entry in reader.read(epoch, 0, 1000, 1 << 20):
            event = decode(entry.body)
            assert isinstance(event, InquiryRecorded)
            found.append(event)
    return found


@pytest.mark.parametrize("name", RECORDED)
def test_the_inquiry_is_on_disk_before_the_store_is_asked(
    name: str, place: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store is away, so that there is no answer: the inquiry stands all the same.

    No id of a client stands in it.
    """
    words = (*name.split(), *RECORDED[name], "--config", str(place.file))

    reasonless = run(words)
    before = place.asked_directory.exists()
    blank = run((*words, "--reason", " \n"))
    code = run((*words, "--reason", "case 7"))

    assert (reasonless, blank, before) == (ExitCode.USAGE, ExitCode.USAGE, False)
    assert code == ExitCode.UNAVAILABLE
    said = capsys.readouterr()
    assert "--reason" in said.err
    assert said.out == ""
    (kept,) = on_disk(place)
    assert kept.question == {"subject reveal": "reveal", "question": "gaps"}.get(
        name, name
    )
    assert (kept.person, kept.reason) == (f"account {account()}", "case 7")
    assert "4711" not in repr(kept)


def test_an_inquiry_names_the_client_under_every_live_key(place: Config) -> None:
    """As the question service records it."""
    run(["report", "client", "4711", "--reason=x", *PERIOD, "-c", str(place.file)])

    (kept,) = on_disk(place)
    keys = load_or_create(place.keys).subject
    assert kept.subjects == tuple(
        pseudonym(key, "client", "4711").hex() for key in keys.values()
    )
    assert kept.subject_type == "client"
    assert kept.to_ns > kept.from_ns > 0


def test_what_cannot_be_recorded_is_not_answered(
    place: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, before the store is asked."""
    place.asked_directory.write_text("in the way")

    code = run(["question", "gaps", "--reason", "x", "--config", str(place.file)])

    said = capsys.readouterr().err
    assert code == ExitCode.UNAVAILABLE
    assert "the inquiry cannot be recorded, so there is no answer" in said


def test_an_inquiry_is_in_the_store_sealed_when_there_is_an_answer(
    recorded: Recorded,
) -> None:
    """Under a node of its own; with the key that seals the sidecar's rows."""
    done = whosaw("seen-by", "nobody-else", *recorded.asked)
    node = node_of(recorded.running.config)

    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stderr == ""
    rows = recorded.running.asked(
        "SELECT person, reason, epoch, seq FROM inquiries "
        f"WHERE node = '{node}' AND employee = 'nobody-else'"
    )
    ((person, reason, epoch, seq),) = rows
    assert (person, reason) == (f"account {account()}", "case 7")
    assert recorded.running.asked(
        f"SELECT count() FROM seals WHERE node = '{node}' AND epoch = {epoch} "
        f"AND first <= {seq} AND last >= {seq}"
    ) == [(1,)]
