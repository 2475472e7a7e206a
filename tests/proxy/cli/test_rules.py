"""``whosaw rules``: every mistake at once, and what a rule set makes of traffic."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from tests.support.captures import capture_file
from tests.support.recordings import entry, har
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


RULE = "subject: {type: client, id: query.id}"
HAR = har(
    entry(
        "https://app.example/login",
        None,
        method="POST",
        status=302,
        response=[("Set-Cookie", "SESSION=s1"), ("Location", "/")],
    )
    | {"startedDateTime": "2026-01-01T00:00:00Z"},
    entry(
        "https://app.example/client/7?x=1",
        "<h1>7",
        request=[("Cookie", "SESSION=s1")],
        at="2026-01-01T00:00:01Z",
    ),
    entry("https://app.example/report", "<p>x", at="2026-01-01T00:00:02Z"),
    entry("https://fonts.example/f", "x", kind="font/woff2"),
)


@pytest.fixture
def har_file(tmp_path: Path) -> Path:
    """What a browser saved: a client, a page that no rule knows, a font."""
    path = tmp_path / "browser.har"
    path.write_bytes(HAR)
    return path


def test_a_rule_that_is_never_reached_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the rule that claims its requests, and one of them."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "application: a\nrecords:\n"
        f"  one: {{request: 'GET /c/{{id}}', action: view, {RULE}}}\n"
        f"  two: {{request: GET /c/new, action: view, {RULE}}}\n"
    )

    code = run(["rules", "check", str(path)])

    said = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert f"{path}:4: records.two: GET /c/new is never reached: one (line 3)" in said


def test_rules_that_overlap_are_told_and_are_no_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a request that both fit."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "application: a\nrecords:\n"
        f"  one: {{request: 'GET /c/{{id}}', action: view, {RULE}}}\n"
        f"  two: {{request: 'GET /{{id}}/new', action: view, {RULE}}}\n"
    )

    code = run(["rules", "check", str(path)])

    assert code == ExitCode.OK
    assert (
        f"{path}:4: records.two: overlaps with one, which claims what both fit, "
        "such as GET /c/new" in capsys.readouterr().out
    )


def test_rules_that_need_an_extra_say_so(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it is not installed; it is no mistake of the rules."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "application: a\nsession: {cookie: S}\nrecords:\n"
        '  file: {request: "GET /file", content_type: application/pdf, action: print,'
        " subject: {type: c, id: {regex: 'Nr ([0-9]+)'}}}\n"
    )
    assert run(["rules", "check", str(path)]) == ExitCode.OK
    before = capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "pypdf", None)

    code = run(["rules", "check", str(path)])

    said = capsys.readouterr().out
    assert code == ExitCode.OK
    assert "whosaw[pdf]" not in before
    assert f"{path}:4: records.file: reads PDF files" in said
    assert "pip install 'whosaw[pdf]'" in said


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """For editors."""
    code = run(["rules", "schema"])

    assert code == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["title"] == "Whosaw rule set"


def test_coverage_tells_what_is_unmapped_first(
    har_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A HAR file of a browser; requests to other hosts are left out."""
    code = run(["rules", "coverage", str(RULES), str(har_file), "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == ExitCode.OK
    assert [(each["request"], each["rule"], each["outcome"]) for each in found] == [
        ("GET /report", "", "unmapped (no_rule)"),
        ("GET /client/{id}", "client", "recorded"),
        ("POST /login", "", "login"),
    ]


def test_coverage_is_a_table_with_a_sum(
    har_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people."""
    run(["rules", "coverage", str(RULES), str(har_file)])

    assert (
        "3 exchanges: 1 claimed by rules, 1 unmapped or failed, "
        "1 expected to show nothing" in capsys.readouterr().out
    )


def test_another_host_of_a_har_file_can_be_named(
    har_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that nothing went to is a wrong command line."""
    words = ["rules", "coverage", str(RULES), str(har_file), "--host"]

    assert run([*words, "fonts.example"]) == ExitCode.OK
    assert "GET /f" in capsys.readouterr().out
    assert run([*words, "nobody.example"]) == ExitCode.USAGE


def test_explain_takes_a_har_file(
    har_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it takes a capture."""
    code = run(["rules", "explain", str(RULES), str(har_file)])

    assert code == ExitCode.OK
    assert "GET /client/{id}: client, recorded" in capsys.readouterr().out


def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what is wrong."""
    path = tmp_path / "x.har"
    path.write_text('{"log": 1}')

    code = run(["rules", "coverage", str(RULES), str(path)])

    assert code == ExitCode.USAGE
    assert f"{path}: not a HAR file" in capsys.readouterr().err


def test_recordings_are_tested_against_what_is_expected(
    tmp_path: Path, har_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written once, then compared; a difference is shown and ends with 1."""
    command = ["rules", "test", str(RULES), str(tmp_path)]
    better = tmp_path / "better.yaml"
    text = RULES.read_text()
    better.write_text(text.replace("action: view", "action: print"))

    codes = [run(command), run([*command, "--rewrite"]), run(command)]
    codes.append(run(["rules", "test", str(better), str(tmp_path)]))

    said = capsys.readouterr().out
    assert codes == [ExitCode.FAILED, ExitCode.OK, ExitCode.OK, ExitCode.FAILED]
    assert f"{har_file}: as expected, 3 exchanges" in said
    assert '"views": ["print client 7"]' in said.rpartition("not as expected")[2]


def test_a_directory_without_recordings_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was the wrong one."""
    code = run(["rules", "test", str(RULES), str(tmp_path)])

    assert code == ExitCode.USAGE
    assert "no recording" in capsys.readouterr().err


def test_the_difference_of_two_versions_is_told_in_rules_and_in_views(
    tmp_path: Path, har_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written, and what it changes on recorded traffic."""
    new = tmp_path / "new.yaml"
    text = RULES.read_text()
    new.write_text(text.replace("id: path.id", "id: {css: h1}"))
    changed = tmp_path / "changed.har"
    changed.write_bytes(HAR.replace(b"<h1>7", b"<h1>8"))

    codes = [
        run(["rules", "diff", str(RULES), str(new)]),
        run(["rules", "diff", str(RULES), str(new), str(changed)]),
        run(["rules", "diff", str(RULES), str(new), str(tmp_path / "none")]),
    ]

    said = capsys.readouterr().out
    assert codes == [ExitCode.OK, ExitCode.OK, ExitCode.USAGE]
    assert (
        "~ records.client.subject: {type: client, id: path.id} → "
        "{type: client, id: {css: h1}}" in said
    )
    assert "- views: view client 7\n    + views: view client 8" in said
    assert "1 exchanges come to something else" in said
