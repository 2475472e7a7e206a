"""A server is asked whether it refuses what each role must not do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typing_extensions import override

from proxy.cli import run
from proxy.doctor.finding import Finding, Grade
from proxy.doctor.forbidden import CAN, FORBIDDEN
from proxy.doctor.roles import roles
from proxy.errors import ExitCode, UsageError
from proxy.store.roles import Role, StoreUser
from tests.support.embedded import EmbeddedStore

PASSWORD = "canary-password"


@contextmanager
def server(answer: Callable[[str], int | None]) -> Iterator[tuple[str, list[str]]]:
    """A peer that answers a statement with this code (0: done; None: with no HTTP that
    anybody knows), and what it was asked."""
    asked: list[str] = []

    class Peer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append(body)
            code = answer(body)
            if code is None:
                self.wfile.write(b"\x00nonsense\r\n\r\n")
                return
            self.send_response(403 if code else 200)
            if code:
                self.send_header("X-ClickHouse-Exception-Code", str(code))
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Peer) as peer:
        thread = Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{peer.server_port}", asked
        peer.shutdown()
        thread.join()


def found(url: str, role: Role) -> list[Finding]:
    """What is said of a user with this role."""
    return list(roles(url, "whosaw", [StoreUser("joan", role, PASSWORD)]))


@pytest.mark.parametrize("role", list(Role))
def test_a_server_that_refuses_everything_forbidden_is_good(role: Role) -> None:
    """Every statement was really asked, and the password is nowhere told."""
    with server(lambda sql: 0 if sql == CAN[role] else 497) as (url, asked):
        said = found(url, role)

    assert {each.grade for each in said} == {Grade.GOOD}
    assert len(said) == len(FORBIDDEN[role]) > 10
    assert {each.sql for each in FORBIDDEN[role]} <= set(asked)
    assert PASSWORD not in repr(said)


def test_what_is_not_refused_is_named_and_taken_away_again() -> None:
    """Of a user who may do everything."""
    with server(lambda _: 0) as (url, asked):
        said = found(url, Role.DASHBOARD)

    assert {each.grade for each in said} == {Grade.REFUSED}
    (views,) = [each for each in said if " SELECT * FROM views LIMIT" in each.about]
    assert "NOT refused to joan" in views.said
    assert "DROP TABLE IF EXISTS whosaw_doctor_probe" in asked
    assert "DROP USER IF EXISTS whosaw_doctor_probe" in asked


def test_an_error_that_is_no_refusal_proves_nothing() -> None:
    """A table that is not there, say; or a peer that speaks no HTTP."""
    can = CAN[Role.AUDITOR]
    with server(lambda sql: 0 if sql == can else 60) as (url, _):
        said = found(url, Role.AUDITOR)
    with server(lambda sql: 0 if sql == can else None) as (url, _):
        torn = found(url, Role.AUDITOR)

    assert {each.grade for each in (*said, *torn)} == {Grade.NOTE}
    assert "code 60" in said[0].said


@pytest.mark.parametrize(
    ("code", "told"), [(516, "not let in"), (497, "cannot even do")]
)
def test_a_user_who_may_nothing_is_not_called_well(code: int, told: str) -> None:
    """And nothing else is asked of him."""
    with server(lambda _: code) as (url, asked):
        (said,) = found(url, Role.ANALYST)

    assert told in said.said
    assert said.grade is Grade.REFUSED
    assert len(asked) == 1


def test_a_server_that_is_away_is_said_to_be() -> None:
    """And a URL that is none is a mistake of who asks."""
    with server(lambda _: 0) as (url, _):
        pass

    (said,) = found(url, Role.ANALYST)

    assert "no answer" in said.said
    with pytest.raises(UsageError):
        found("whosaw.example:8123", Role.ANALYST)


def test_every_statement_is_one_the_engine_can_read(
    embedded_store: EmbeddedStore,
) -> None:
    """One that does not parse would fail for the wrong reason."""
    everything = {each.sql for some in FORBIDDEN.values() for each in some}
    undone = {each.undo for some in FORBIDDEN.values() for each in some if each.undo}
    with closing(embedded_store.store()) as store:
        for sql in (*everything, *undone, *CAN.values()):
            store.query("SELECT formatQuery({q:String})", {"q": sql})


def test_the_embedded_reader_is_no_analyst(
    embedded_store: EmbeddedStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """He changes nothing and reaches nothing; he reads every table, and that is
    told."""
    file = tmp_path / "password"
    file.write_text(embedded_store.reader_password)
    file.chmod(0o600)

    code = run(
        ["doctor", "--store", embedded_store.url, "--database",
         embedded_store.database(), "--user", f"reader=analyst:{file}", "--json"]
    )  # fmt: skip

    told = json.loads(capsys.readouterr().out)
    by_grade: dict[str, list[str]] = {}
    for each in told:
        by_grade.setdefault(each["grade"], []).append(each["about"])
    assert code == ExitCode.FAILED
    assert any("DELETE WHERE 0" in each for each in by_grade["good"])
    assert any("FROM file(" in each for each in by_grade["good"])
    assert any("encrypted_id" in each for each in by_grade["refused"])
