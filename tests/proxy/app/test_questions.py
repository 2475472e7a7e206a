"""``whosaw questions`` as a process: answers, rows, seals, and what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.demo.sidecar import free_ports
from proxy.app.access import store_client
from proxy.app.questions import node_of
from proxy.cli import run
from proxy.config import Config, load
from proxy.errors import ExitCode
from proxy.events import decode
from proxy.events.custody import InquiryRecorded
from proxy.journal import JournalReader
from proxy.keys import load_or_create
from proxy.store import migrate
from tests.support.certificates import Authority
from tests.support.embedded import EmbeddedStore
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until

REASON = ("--reason", "case 7")


@dataclass
class Serving:
    """The process, and how to ask it."""

    process: subprocess.Popen[bytes]
    config: Config
    options: tuple[str, ...]


def configured(
    directory: Path, store_url: str, user: str, password: str, tls: str = ""
) -> Path:
    """A config of a question service before this store."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    (port,) = free_ports(1)
    path = write_config(
        directory, [front], more=f"questions: {{listen: '127.0.0.1:{port}'{tls}}}"
    )
    secret = directory / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    text = path.read_text()
    before, _, after = text.partition("store:\n")
    rest = "\n".join(after.splitlines()[2:])
    path.write_text(
        f"{before}store:\n  url: {store_url}\n  user: {user}\n"
        f"  password_file: {secret}\n{rest}\n"
    )
    return path


@contextmanager
def serving(path: Path, ca: Path | None = None) -> Iterator[Serving]:
    """Run it until the block ends; Joan may ask."""
    config = load(path)
    assert config.asking is not None
    load_or_create(config.keys)
    token = path.parent / "joan"
    added = ["questions", "--add", "joan", "--token-file", str(token)]
    assert run([*added, "--config", str(path)]) == ExitCode.OK
    process = subprocess.Popen(
        [sys.executable, "-m", "proxy", "questions", "--config", str(path)],
        stderr=subprocess.PIPE,
    )
    address = (config.asking.listen.host, config.asking.listen.port)

    def listens() -> bool:
        assert process.poll() is None, process.stderr and process.stderr.read()
        with socket.socket() as line:
            return line.connect_ex(address) == 0

    scheme = "http" if config.asking.certificate is None else "https"
    url = f"{scheme}://{address[0]}:{address[1]}"
    options: tuple[str, ...] = ("--service", url, "--token-file", str(token))
    if ca is not None:
        options += ("--service-ca", str(ca))
    try:
        until(listens, "the service listens")
        yield Serving(process, config, options)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def inquiries(config: Config) -> list[InquiryRecorded]:
    """What is on disk."""
    reader = JournalReader(config.inquiry_directory / "journal")
    found = []
    for epoch in reader.epochs():
        for entry in reader.read(epoch, 0, 1000, 1 << 20):
            event = decode(entry.body)
            assert isinstance(event, InquiryRecorded)
            found.append(event)
    return found


def test_a_question_is_answered_recorded_shipped_and_sealed(
    tmp_path: Path, embedded_store: EmbeddedStore
) -> None:
    """Over TLS, by commands that have neither key file nor config."""
    authority = Authority(tmp_path)
    issued = authority.issue("127.0.0.1")
    tls = f", certificate: {issued.certificate}, key: {issued.key}"
    store = embedded_store
    user = (store.writer, store.writer_password)
    path = configured(tmp_path, store.url, *user, tls)
    config = load(path)
    with closing(store_client(config)) as client:
        migrate.apply(client)
        with serving(path, authority.path) as service:
            who = whosaw("who-saw", "4711", *REASON, "--json", *service.options)
            gaps = whosaw("question", "gaps", *REASON, *service.options)
            nobody = whosaw("subject", "reveal", "00" * 16, *REASON, *service.options)
            reasonless = whosaw("seen-by", "joan", *service.options)

        stored = client.query(
            "SELECT person, question, reason, length(subjects) FROM inquiries "
            "WHERE node = {node:String} ORDER BY seq",
            {"node": node_of(config)},
        ).rows
        sealed = client.query(
            "SELECT max(last) FROM seals WHERE node = {node:String}",
            {"node": node_of(config)},
        ).rows

    assert who.returncode == ExitCode.OK, who.stderr
    assert json.loads(who.stdout)["views"] == []
    assert "0 rows" in gaps.stdout, gaps.stderr
    assert nobody.returncode == ExitCode.FAILED
    assert reasonless.returncode == ExitCode.USAGE
    assert "--reason is missing" in reasonless.stderr
    assert stored == [
        ("joan", "who-saw", "case 7", 1),
        ("joan", "gaps", "case 7", 0),
        ("joan", "reveal", "case 7", 1),
    ]
    assert sealed == [(3,)]


def test_a_kill_between_inquiry_and_answer_leaves_the_inquiry(tmp_path: Path) -> None:
    """The store keeps the service waiting when it is killed."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        path = configured(tmp_path, url, "whosaw", "x")
        with serving(path) as service:
            asked = subprocess.Popen(
                [sys.executable, "-m", "proxy", "question", "gaps", *REASON,
                 *service.options],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            until(lambda: bool(inquiries(service.config)), "the inquiry is on disk")
            os.kill(service.process.pid, signal.SIGKILL)
            out, err = asked.communicate(timeout=60)

    assert asked.returncode == ExitCode.UNAVAILABLE, err
    assert out == b""
    (kept,) = inquiries(service.config)
    assert (kept.person, kept.question, kept.reason) == ("joan", "gaps", "case 7")


def test_a_service_that_is_not_configured_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2; and a person cannot be added to nothing."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    path = str(write_config(tmp_path, [front]))

    assert run(["questions", "--config", path]) == ExitCode.USAGE
    assert "there is no 'questions:'" in capsys.readouterr().err
    more = ["--add", "joan", "--token-file", str(tmp_path / "t")]
    assert run(["questions", "--config", path, *more]) == ExitCode.USAGE
    assert run(["questions", "--config", path, "--add", "joan"]) == ExitCode.USAGE
