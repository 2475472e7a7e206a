"""Recordings of any form go through the pipelines of the config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.cli.recordings import replay
from proxy.errors import ExitCode, UsageError
from proxy.events import ExchangeRecorded
from tests.support.pipelines import PlainPipeline
from tests.support.recordings import entry, har
from tests.support.tickets import RULES

FILE = har(entry("http://a/1", "x"), entry("http://a/2", "x"), entry("http://b/3", "x"))


def paths(recording: Path, host: str = "") -> list[str]:
    """Of the exchanges that were replayed."""
    events = replay(recording, {"app": PlainPipeline()}, host=host)
    return [event.path for event in events if isinstance(event, ExchangeRecorded)]


@pytest.mark.parametrize("name", ["browser.har", "no-matter"])
def test_a_har_file_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    """The host most exchanges went to, or the one that is named."""
    path = tmp_path / name
    path.write_bytes(b"\xef\xbb\xbf\n" + FILE)

    assert paths(path) == ["/1", "/2"]
    assert paths(path, "b") == ["/3"]


def test_pairs_are_replayed(tmp_path: Path) -> None:
    """Written by hand."""
    path = tmp_path / "x.http"
    path.write_text(">>>\nGET /x HTTP/1.1\n")

    assert paths(path) == ["/x"]


def test_a_recording_that_names_no_application_needs_one(tmp_path: Path) -> None:
    """Of a config with several."""
    path = tmp_path / "x.har"
    path.write_bytes(FILE)

    with pytest.raises(UsageError, match="of which application"):
        list(replay(path, {"a": PlainPipeline(), "b": PlainPipeline()}))


def test_what_is_nothing_of_this_is_refused(tmp_path: Path) -> None:
    """Told with the file and what is wrong."""
    for text, said in (("{}", "HAR"), ("# x", ">>>"), ("GET", "capture")):
        path = tmp_path / "x"
        path.write_text(text)

        with pytest.raises(UsageError, match=said):
            list(replay(path, {"app": PlainPipeline()}))
    with pytest.raises(UsageError, match="cannot be read"):
        list(replay(tmp_path, {"app": PlainPipeline()}))


def test_the_replay_command_takes_a_har_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Events as JSON lines, by the rule set of the config."""
    config = tmp_path / "whosaw.yaml"
    config.write_text(
        "node: test\nstate: state\napplications:\n"
        + "".join(
            f"  {name}: {{rules: {RULES}, listen: 127.0.0.1:0, "
            "upstream: http://127.0.0.1:1}\n"
            for name in ("one", "two")
        )
        + "store: {embedded: true, url: http://127.0.0.1:2}\n"
    )
    path = tmp_path / "x.har"
    path.write_bytes(har(entry("http://a/client/7", "x")))
    words = ["replay", str(path), "--config", str(config)]

    codes = [
        run(words),
        run([*words, "--application", "two"]),
        run([*words, "--application", "three"]),
    ]

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert codes == [ExitCode.USAGE, ExitCode.OK, ExitCode.USAGE]
    assert [line[0] for line in lines] == ["x", "v", "i"]
