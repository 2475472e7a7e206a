"""``whosaw rules``: every mistake at once, and what a rule set makes of traffic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from tests.support.captures import capture_file
from tests.support.tickets import RULES

EXAMPLES = sorted(Path(__file__).parents[3].glob("deploy/**/rules.yaml"))
WRONG = """\
application: tickets
sesion: {cookie: SESSION}
records:
  client:
    request: "GET client"
    action: look
    subject: {type: client, id: path.number}
"""
LOGIN = (
    b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    b"username=joan&password=guess"
)
LOGGED_IN = (
    b"HTTP/1.1 302 Found\r\nSet-Cookie: SESSION=s1\r\nLocation: /\r\n"
    b"Content-Length: 0\r\n\r\n"
)
OPEN = b"GET /client/7 HTTP/1.1\r\nHost: a\r\nCookie: SESSION=s1\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nhi 7"
REPORT = b"GET /report HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Somebody logs in, opens client 7, and sees a page that no rule knows."""
    return capture_file(
        tmp_path / "capture",
        "tickets",
        [(LOGIN, LOGGED_IN), (OPEN, PAGE), (REPORT, PAGE)],
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_rule_set_of_the_project_has_no_mistakes(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The examples and the demo's."""
    code = run(["rules", "check", str(path)])

    assert code == ExitCode.OK
    assert f"{path}: no mistakes; application " in capsys.readouterr().out


def test_every_mistake_is_told_at_once_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line, key, what is expected and what was probably meant."""
    path = tmp_path / "rules.yaml"
    path.write_text(WRONG)

    code = run(["rules", "check", str(path)])

    said = capsys.readouterr().err
    assert code == ExitCode.USAGE
    for line, key in (
        (2, "sesion"),
        (5, "records.client.request"),
        (6, "records.client.action"),
        (7, "records.client.subject.id"),
    ):
        assert f"{path}:{line}: {key}" in said
    assert "session" in said


def test_mistakes_of_several_files_are_told_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A right file is named as such beside them."""
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path in paths:
        path.write_text(WRONG)

    code = run(["rules", "check", *map(str, paths), str(RULES)])

    streams = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert all(f"{path}:2: sesion" in streams.err for path in paths)
    assert f"{RULES}: no mistakes" in streams.out


def test_explain_tells_per_exchange_which_rule_and_why_not_others(
    capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rule that claimed it, what its selectors found; else each rule's reason."""
    code = run(["rules", "explain", str(RULES), str(capture)])

    said = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "POST /login: no rule, nothing_expected (login), 0 subjects" in said
    assert "GET /client/{id}: client, recorded, 1 subjects" in said
    assert "GET /report: no rule, unmapped (no_rule), 0 subjects" in said
    assert "not client" in said.split("GET /report")[1]


def test_explain_tells_no_secret(
    capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A capture holds passwords and cookies; what is explained of it does not."""
    run(["rules", "explain", str(RULES), str(capture), "--json"])

    said = capsys.readouterr().out
    assert "guess" not in said
    assert "s1" not in said


def test_explain_prints_an_object_per_exchange_for_machines(
    capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON lines."""
    code = run(["rules", "explain", str(RULES), str(capture), "--json"])

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == ExitCode.OK
    assert [each["rule"] for each in told] == ["", "client", ""]


def test_explain_names_the_application_when_the_capture_has_another(
    capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to explain is a wrong command line: the name can be given."""
    other = ["--application", "sonar"]

    code = run(["rules", "explain", str(RULES), str(capture), *other])

    assert code == ExitCode.USAGE
    assert "holds no exchange of application sonar" in capsys.readouterr().err


def test_explain_refuses_a_wrong_rule_set_before_it_reads_the_capture(
    tmp_path: Path, capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All its mistakes, as ``check`` tells them."""
    path = tmp_path / "rules.yaml"
    path.write_text(WRONG)

    code = run(["rules", "explain", str(path), str(capture)])

    assert code == ExitCode.USAGE
    assert f"{path}:2: sesion" in capsys.readouterr().err
