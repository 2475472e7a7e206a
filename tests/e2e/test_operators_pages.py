"""The operator's pages, typed word for word on a machine of its own.

Every ``sh`` block of the installation (docs/operations.md) and of docs/going-live.md,
in their order, in one shell of root; what cannot be typed there stands in ``LEFT_OUT``
with the reason, and so does what may end with another exit code than 0.
"""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import TREE, Machine, machine

DOCS = Path(__file__).parents[2] / "docs"
WORDS = {"YOU": "joan", "--seconds 300": "--seconds 3"}
"""What a reader replaces; and a tester who is quick."""
LEFT_OUT = {
    "python3 -m venv": "the machine has the tests' own packages in /opt/whosaw",
    "/opt/whosaw/bin/pip install": "and their own code; no index is asked by a test",
    "sed -i 's/^recording": "tests/e2e/test_shadow.py changes it",
}
RELOADS = {
    0: "of what is left out",
    1: "of what is left out",
    2: "of nothing new: tests/e2e/test_upgrade.py has two versions",
    4: "the seal key is read at the start after the restore, too",
}
"""Those that are not typed, by their place: each starts seven processes anew."""
MAY_END = {
    "whosaw doctor": ({0, 1}, "no clock is synchronised in a namespace"),
}
APPLICATION = f"""\
import sys, threading
sys.path.insert(0, {TREE!r})
from tests.support.tickets import Tickets
Tickets(9000, None).start()
threading.Event().wait()
"""
PERSON = """\
for page in login client/17 clients report logout; do
  curl -sf -b ~/jar -c ~/jar -o /dev/null http://127.0.0.1:8080/$page \\
    $(test $page = login && echo -d username=joan -d password=sesame)
done
rm ~/jar
"""
"""Logs in, opens a client, searches, opens a page that no rule knows."""

ASKED = 'whosaw seen-by joan --reason "going live"'


class Shell:
    """One shell of root, in the project's tree."""

    def __init__(self, host: Machine) -> None:
        self._process = subprocess.Popen(
            [*host.prefix(), "bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def type(self, line: str) -> tuple[int, str]:
        """Exit code and words of one line; nothing it starts reads what is typed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        mark = secrets.token_hex(8)
        self._process.stdin.write(f"{{ {line}\n}} < /dev/null; echo; echo {mark} $?\n")
        self._process.stdin.flush()
        words: list[str] = []
        for each in self._process.stdout:
            if each.startswith(mark):
                return int(each.split()[1]), "".join(words)
            words.append(each)
        raise AssertionError(f"the shell ended at {line}: {''.join(words)}")

    def close(self) -> None:
        """No more lines."""
        self._process.terminate()
        self._process.communicate()


def lines(page: str, section: str = "") -> list[str]:
    """What is typed, by that page or one section of it."""
    text = (DOCS / page).read_text()
    if section:
        start = text.index(f"## {section}\n")
        text = text[start : text.find("\n## ", start)]
    blocks = re.finditer(r"^( *)```sh\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [
        line.removeprefix(block[1])
        for block in blocks
        for line in block[2].splitlines()
        if line.strip()
    ]


@pytest.fixture
def shell() -> Iterator[Shell]:
    """Of a machine on which the application runs, and nothing else."""
    with machine() as host:
        words = ("/opt/whosaw/bin/python", "-c", APPLICATION)
        started = host.run("systemd-run", "--unit=tickets", *words)
        assert started.returncode == 0, started.stderr
        found = Shell(host)
        yield found
        found.close()


@pytest.mark.timeout(300)
def test_every_command_of_the_pages_works_as_it_stands_there(shell: Shell) -> None:
    """On systemd, as a confined user of its own: installed, started, seen to record,
    bypassed, stopped, reloaded, keys changed, the store lost and restored; and what
    was shown to the account is answered at the end."""
    told: dict[str, list[str]] = {}
    reloads = 0
    for line in lines("operations.md", "Under systemd") + lines("going-live.md"):
        for theirs, ours in WORDS.items():
            line = line.replace(theirs, ours)
        if line == "whosaw reload":
            reloads += 1
        if line.startswith(tuple(LEFT_OUT)) or (
            line == "whosaw reload" and reloads - 1 in RELOADS
        ):
            continue
        if line.startswith("whosaw capture "):
            line = f"(sleep 1.5; {PERSON}) & {line}; wait"
        elif line == "whosaw status" and line not in told:
            shell.type(PERSON)
            shell.type(f"until {ASKED} | grep -q opened; do sleep 0.5; done")

        if line == "whosaw doctor":
            # The page says that an embedded store takes seconds to its first answer.
            shell.type(f"until {line} | grep -q '^good *store'; do sleep 0.5; done")
        if line == "whosaw status":
            # Processes report each second; a reload that was typed has waited for it.
            shell.type(f"until {line} | grep -q '^recording'; do sleep 0.5; done")

        code, words = shell.type(line)

        allowed = MAY_END.get(line, ({0}, ""))[0]
        assert code in allowed, f"$ {line}\n{words}"
        told.setdefault(line, []).append(words)

    (found,) = told["whosaw doctor"]
    assert [x.split()[1] for x in found.splitlines() if x.startswith("bad ")] in (
        [],
        ["clock"],
    )
    assert "refused  " not in found
    for each in told["whosaw reload"]:
        assert each.splitlines()[1].startswith("recording everything"), each
    for each in told[ASKED]:
        assert "shown 2 times opened" in each or "shown once opened" in each, each
