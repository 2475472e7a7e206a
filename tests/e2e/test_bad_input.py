"""What is wrong, missing or taken at the start, as an operator meets it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest

from deploy.demo.sidecar import free_ports
from proxy.config import load
from proxy.errors import ExitCode
from proxy.events import ViewRecorded
from tests.support.sidecars import (
    Front,
    Running,
    run,
    start,
    store_ready,
    whosaw,
    write_config,
)
from tests.support.tickets import LISTED, RULES, Browser, tickets
from tests.support.waiting import until

WRONG_CONFIG = """\
node: front 1
wires: none
applications:
  tickets:
    rules: no-such-file.yaml
    listen: 127.0.0.1
    upstream: http://127.0.0.1:9000/path
  other:
    ruels: rules.yaml
    listen: 127.0.0.1:8080
    upstream: ftp://127.0.0.1
tap: {pace: 5}
store: {}
"""
WRONG_RULES = """\
application: tickets
records:
  client:
    request: "GET client/{id}"
    action: look
    subject: {type: client, id: path.number}
"""


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    """Somebody else's port: it accepts and says nothing."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.listen()
        yield sock.getsockname()[1]


def one_view(running: Running, client: str = "1") -> None:
    """Somebody logs in and opens a client."""
    with closing(Browser(running.port())) as browser:
        browser.login("joan")
        assert browser.get(f"/client/{client}") == 200


def recorded(running: Running) -> list[str]:
    """Accounts of the views in the journal."""
    events = running.events()
    return [event.actor.name for event in events if isinstance(event, ViewRecorded)]


def test_a_wrong_config_is_told_as_a_whole_and_nothing_starts(tmp_path: Path) -> None:
    """File, line, key and what is expected, for every mistake in it."""
    config = tmp_path / "whosaw.yaml"
    config.write_text(WRONG_CONFIG)

    done = whosaw("run", "--config", config)

    assert done.returncode == ExitCode.USAGE
    for line, key in (
        (1, "node"),
        (2, "wires"),
        (6, "applications.tickets.listen"),
        (7, "applications.tickets.upstream"),
        (9, "applications.other.ruels"),
        (11, "applications.other.upstream"),
        (12, "tap.pace"),
        (13, "store.password_file"),
    ):
        assert f"{config}:{line}: {key}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert [config] == list(tmp_path.iterdir())


def test_files_that_are_named_and_not_there_are_told(tmp_path: Path) -> None:
    """Rule set, certificate and key, in one go."""
    front = Front(
        name="tickets",
        rules=tmp_path / "gone.yaml",
        upstream="https://127.0.0.1:1",
        more="tls: {certificate: gone.pem, key: gone.key}\nupstream_tls: {ca: no.pem}",
    )
    config = write_config(tmp_path, [front])

    done = whosaw("run", "--config", config)

    assert done.returncode == ExitCode.USAGE
    for key, name in (
        ("rules", "gone.yaml"),
        ("tls.certificate", "gone.pem"),
        ("tls.key", "gone.key"),
        ("upstream_tls.ca", "no.pem"),
    ):
        assert f"applications.tickets.{key}: there is no such file" in done.stderr
        assert str(tmp_path / name) in done.stderr
    assert [config] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            "tls: {certificate: whosaw.yaml, key: whosaw.yaml}",
            "both must be PEM, belong together",
        ),
        ("max_connections: 1000000", "raise RLIMIT_NOFILE or lower max_connections"),
    ],
)
def test_what_no_wire_could_work_with_is_refused_before_one_starts(
    tmp_path: Path, more: str, said: str
) -> None:
    """One text and the end, not a wire that ends again and again."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1", more=more)
    config = write_config(tmp_path, [front])

    done = whosaw("run", "--config", config)

    assert done.returncode == ExitCode.USAGE
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not load(config).state.exists()


def test_mistakes_of_all_rule_sets_are_told_and_nothing_starts(
    tmp_path: Path,
) -> None:
    """Two applications, two wrong files: one attempt tells of both."""
    fronts = []
    for name in ("one", "two"):
        rules = tmp_path / f"{name}.yaml"
        rules.write_text(WRONG_RULES)
        fronts.append(Front(name=name, rules=rules, upstream="http://127.0.0.1:1"))
    config = write_config(tmp_path, fronts)

    done = whosaw("run", "--config", config)

    assert done.returncode == ExitCode.USAGE
    for name in ("one", "two"):
        for line, key in ((4, "request"), (5, "action"), (6, "subject.id")):
            place = f"{tmp_path / name}.yaml:{line}: records.client.{key}: "
            assert place in done.stderr
    assert not load(config).state.exists()


@pytest.mark.parametrize(
    "command", ["run", "wire", "record", "ship", "store", "status"]
)
def test_no_command_goes_on_without_a_config(tmp_path: Path, command: str) -> None:
    """Exit code 2 and one line."""
    done = whosaw(command, "--config", tmp_path / "gone.yaml")

    assert done.returncode == ExitCode.USAGE
    assert done.stderr == (
        f"whosaw: {tmp_path / 'gone.yaml'}: cannot read the config: "
        "No such file or directory\n"
    )


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    """Exit code 3, which application, which address; no process is left."""
    with listening() as taken:
        front = Front(
            name="tickets", rules=RULES, upstream="http://127.0.0.1:1", port=taken
        )
        config = write_config(tmp_path, [front])

        done = whosaw("run", "--config", config)

    assert done.returncode == ExitCode.UNAVAILABLE
    assert done.stderr == (
        f"whosaw: application tickets: cannot listen at 127.0.0.1:{taken}: "
        "another program listens there\n"
    )
    assert not load(config).status_directory.exists()


def test_an_unreachable_application_is_said_and_found_again(tmp_path: Path) -> None:
    """The sidecar starts, says what is away, and recovers by itself."""
    (port,) = free_ports(1)
    front = Front(name="tickets", rules=RULES, upstream=f"http://127.0.0.1:{port}")
    with run(write_config(tmp_path, [front])) as running:
        until(
            lambda: "application tickets is not reachable" in running.verdict(),
            "status says that the application is away",
        )
        status = whosaw("status", "--config", running.config.file)
        assert status.returncode == ExitCode.OK
        assert status.stdout.startswith(
            "recording everything; application tickets is not reachable"
        )
        with pytest.raises((OSError, HTTPException)):
            Browser(running.port()).get("/client/1")

        with tickets(port):
            until(
                lambda: running.verdict() == "recording everything",
                "status says that all is well",
            )
            one_view(running)
            until(lambda: recorded(running) == ["joan"], "the view is recorded")

        with pytest.raises((OSError, HTTPException)):
            Browser(running.port()).get("/client/1")
        until(
            lambda: "application tickets is not reachable" in running.verdict(),
            "status says that the application is away again",
        )


def test_a_store_whose_port_is_taken_keeps_nobody_from_recording(
    tmp_path: Path,
) -> None:
    """Evidence waits in the journal, status says so, and it is shipped later."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with listening() as taken:
            running = start(write_config(tmp_path, [front], store_port=taken))
            try:
                until(
                    lambda: "wire-0" in running.reports(), "the wire runs", seconds=60
                )
                one_view(running)
                until(lambda: recorded(running) == ["joan"], "the view is recorded")
                until(
                    lambda: running.verdict().startswith(
                        "recording everything; the store does not take rows"
                    ),
                    "status says that the store is away",
                )
            except BaseException:
                running.end()
                raise
        try:
            running.until_exchanges(2)
            assert running.shown("client", "1") == application.shown
            until(lambda: running.verdict() == "recording everything", "all is well")
        finally:
            assert running.end() == ExitCode.OK


def test_a_store_that_comes_later_gets_everything(tmp_path: Path) -> None:
    """The store's role runs apart and is started last, stopped, started again."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        with run(config, ["wire", "recorder", "shipper"], wait=False) as running:
            until(lambda: "wire-0" in running.reports(), "the wire runs", seconds=60)
            one_view(running, "1")
            until(lambda: len(recorded(running)) == 1, "the view is recorded")
            assert not store_ready(running.config)

            for views in (1, 2):
                with run(config, ["store"], wait=False, log=tmp_path / "store.log"):
                    running.until_exchanges(2 * views)
                    clients = [str(number) for number in range(1, views + 1)]
                    assert running.shown("client", clients) == application.shown
                one_view(running, str(views + 1))
                until(
                    partial(_so_many, running, views + 1),
                    "recording goes on without a store",
                )


def _so_many(running: Running, views: int) -> bool:
    return len(recorded(running)) == views


def test_two_applications_keep_to_their_own_rule_sets(tmp_path: Path) -> None:
    """The same cookie, the same addresses, other people."""
    rules = tmp_path / "other.yaml"
    text = RULES.read_text().replace("application: tickets", "application: archive")
    rules.write_text(text.replace("{type: client,", "{type: dossier,"))
    with tickets() as first, tickets() as second:
        fronts = [
            Front(name="tickets", rules=RULES, upstream=first.url),
            Front(name="archive", rules=rules, upstream=second.url),
        ]
        with run(write_config(tmp_path, fronts, wires=2)) as running:
            cookies = {}
            for name, account in (("tickets", "joan"), ("archive", "rik")):
                with closing(Browser(running.port(name))) as browser:
                    browser.login(account)
                    browser.get("/client/1")
                    browser.get("/clients")
                    cookies[name] = browser.cookie
            # A cookie of one application is nobody's in the other.
            with closing(Browser(running.port(), cookies["archive"])) as browser:
                browser.get("/client/2")
            running.until_exchanges(7)

            views = running.asked(
                "SELECT application, subject_type, actor, count() FROM views "
                "GROUP BY ALL ORDER BY ALL"
            )
            exchanges = running.asked(
                "SELECT application, count() FROM exchanges GROUP BY ALL ORDER BY ALL"
            )

    shown = len(LISTED) + 1
    assert views == [
        ("archive", "dossier", "rik", shown),
        ("tickets", "client", "", 1),
        ("tickets", "client", "joan", shown),
    ]
    assert exchanges == [("archive", 3), ("tickets", 4)]
