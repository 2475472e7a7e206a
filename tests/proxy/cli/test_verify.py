"""``verify``, ``prove``, ``verify-proof``, ``export-evidence`` on a live sidecar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy.errors import ExitCode
from proxy.seal_key import create
from tests.support.embedded import EmbeddedStore
from tests.support.sidecars import (
    Front,
    Running,
    run,
    until_ready,
    whosaw,
    write_config,
)
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


@dataclass
class Sealed:
    """A sidecar whose rows are sealed, anchored and in the store."""

    running: Running
    place: Path

    @property
    def key(self) -> tuple[str, str]:
        """The option that names its public key."""
        return "--public-key", f"{self.running.config.seals.key}.pub"

    @property
    def config(self) -> tuple[str, str]:
        """The option that names its config."""
        return "--config", str(self.running.config.file)

    @property
    def reasoned(self) -> tuple[str, ...]:
        """The same, and why somebody asks."""
        return (*self.config, "--reason", "audit")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    """Sealed five times a second, so that nobody waits."""
    place = tmp_path_factory.mktemp("sealed")
    (place / "anchors").mkdir()
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(place, [front])
        with config.open("a") as file:
            file.write("seals: {every: 200ms, anchors: [{directory: anchors}]}\n")
        with run(config) as running:
            until_ready(running)
            with closing(Browser(running.port())) as browser:
                browser.login("joan")
                browser.get("/client/101")
            running.until_exchanges(2)
            last = running.figure("recorder", "journal_last_seq")
            until(
                lambda: (
                    running.figure("sealer", "sealed_seq") >= last
                    and running.figure("sealer", "delivered") > 0
                    and running.figure("sealer", "anchored")
                ),
                "everything is sealed",
            )
            until(
                lambda: running.asked(f"SELECT 1 FROM seals WHERE last >= {last}"),
                "the seals are in the store",
            )
            yield Sealed(running, place)


def test_a_live_sidecar_verifies(sealed: Sealed) -> None:
    """With what nobody could have forged, and what was not checked."""
    done = whosaw(
        "verify", *sealed.config, *sealed.key, "--anchors", sealed.place / "anchors"
    )

    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert re.match(r"nothing was changed: \d+ rows in \d+ seals\n", done.stdout)
    assert "replaced only what came after seal" in done.stdout
    assert "not checked:\n" in done.stdout


def test_an_attestation_says_what_a_verification_found(sealed: Sealed) -> None:
    """And what it rests on."""
    month = f"{datetime.now(UTC):%Y-%m}"
    done = whosaw("attest", month, *sealed.key, "--format", "json", *sealed.config)

    found = json.loads(done.stdout)
    titles = {each["title"]: each["rows"] for each in found["sections"]}
    assert found["verdict"].startswith("Nothing was changed: "), found
    assert done.returncode == ExitCode.OK, done.stderr
    told = {row[0] for row in titles["What the verification rests on"]}
    assert told == {"could have forged", "not checked"}


def test_a_row_that_is_changed_is_named(sealed: Sealed, tmp_path: Path) -> None:
    """In an export, far from any sidecar; exit code 1."""
    export = tmp_path / "export"
    assert whosaw("export-evidence", export, *sealed.reasoned).returncode == ExitCode.OK
    right = whosaw("verify", "--export", export, *sealed.key, "--json")
    text = (export / "views.jsonl").read_text()
    seq = json.loads(text.splitlines()[1])[2]
    (export / "views.jsonl").write_text(text.replace("joan", "rik"))

    wrong = whosaw("verify", "--export", export, *sealed.key)
    told = json.loads(
        whosaw("verify", "--export", export, *sealed.key, "--json").stdout
    )

    assert right.returncode == ExitCode.OK
    assert json.loads(right.stdout)["changed"] is False
    assert wrong.returncode == ExitCode.FAILED
    assert re.match(rf"CHANGED: 1 findings, the first at test:\d+:{seq} ", wrong.stdout)
    assert told["findings"][0]["seq"] == seq
    assert told["findings"][0]["fault"] == "changed"


def test_one_row_is_proven_without_the_others(sealed: Sealed, tmp_path: Path) -> None:
    """A proof is a file that needs the public key only."""
    ((node, epoch, seq),) = sealed.running.asked("SELECT node, epoch, seq FROM views")
    proof = tmp_path / "proof.json"
    done = whosaw("prove", f"{node}:{epoch}:{seq}", *sealed.reasoned)
    proof.write_text(done.stdout)

    right = whosaw("verify-proof", proof, *sealed.key)
    proof.write_text(done.stdout.replace("joan", "rik"))
    wrong = whosaw("verify-proof", proof, *sealed.key)
    none = whosaw("prove", f"{node}:{epoch}:999999", *sealed.reasoned)

    assert right.returncode == ExitCode.OK, right.stdout + right.stderr
    assert right.stdout.startswith(f"proven: this row of views is {node}:{epoch}:{seq}")
    assert wrong.returncode == ExitCode.FAILED
    assert wrong.stdout.startswith("not proven")
    assert none.returncode == ExitCode.FAILED
    assert "no seal covers" in none.stderr


def test_what_is_asked_wrongly_ends_with_2(sealed: Sealed, tmp_path: Path) -> None:
    """Each with what is wrong."""
    for words, said in (
        (("verify", "--export", tmp_path, *sealed.key), "no export"),
        (("verify", *sealed.config, "--public-key", tmp_path / "gone"), "gone"),
        (
            ("verify", "--export", tmp_path, "--store", "http://x", *sealed.key),
            "one of",
        ),
        (("prove", "nonsense", *sealed.config), "nonsense"),
        (("verify-proof", tmp_path / "gone", *sealed.key), "gone"),
    ):
        done = whosaw(*words)

        assert done.returncode == ExitCode.USAGE, words
        assert said in done.stderr


def test_a_store_that_is_away_ends_with_3(sealed: Sealed) -> None:
    """Nothing is said about the rows then."""
    done = whosaw("verify", "--store", "http://127.0.0.1:1", *sealed.key)

    assert done.returncode == ExitCode.UNAVAILABLE
    assert done.stdout == ""


def test_the_sidecar_keeps_no_seed(sealed: Sealed) -> None:
    """Once the store has it."""
    state = sealed.running.config.seal_directory

    until(
        lambda: len(list((state / "waiting").glob("*.json"))) < 5,
        "what was delivered is forgotten",
    )

    line = next(state.glob("*.jsonl")).read_text()
    for row in sealed.running.asked("SELECT seed FROM seal_seeds"):
        assert str(row[0]) not in line


def test_where_nothing_is_sealed_yet_the_answer_is_neither(
    embedded_store: EmbeddedStore, tmp_path: Path
) -> None:
    """Exit code 4."""
    database = embedded_store.database()
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text(embedded_store.writer_password)
    create(tmp_path / "key")
    where = ("--store", embedded_store.url, "--user", embedded_store.writer,
             "--password-file", password, "--database", database)  # fmt: skip
    key = ("--public-key", tmp_path / "key.pub")

    done = whosaw("verify", *where, *key)
    told = json.loads(whosaw("verify", *where, *key, "--json").stdout)

    assert done.returncode == ExitCode.UNDECIDED, done.stderr
    assert done.stdout.startswith("nothing is sealed yet: 0 rows and no seal")
    assert (told["changed"], told["nothing_sealed"]) == (False, True)
