"""``whosaw rules``: is a rule set right, and what does it make of traffic.

``check``, ``schema`` and ``diff`` look at files of rules; ``explain``, ``coverage``,
``test`` and, given a recording, ``diff`` try them on recorded traffic: own captures,
HAR files of browsers, ``.http`` files.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from proxy.app.rulesets import load_file
from proxy.cli.options import Json
from proxy.cli.printing import console, line, table
from proxy.cli.rehearsal import Told, coverage, differing, rehearse
from proxy.errors import ExitCode, UsageError
from proxy.extraction.bodies.pdf import EXTRA, pdf_installed
from proxy.ruleset import Explanation, RuleSet
from proxy.ruleset import explain as explain_exchange
from proxy.ruleset.conditions import reads_pdf
from proxy.ruleset.difference import difference
from proxy.ruleset.model import Record
from proxy.ruleset.overlaps import Overlap, overlaps
from proxy.ruleset.schema import schema as schema_of_rules

app = typer.Typer(
    name="rules", help="Check and explain rule sets.", no_args_is_help=True
)

RECORDINGS = (".http", ".har", ".capture")
"""Endings of what ``rules test`` takes for recordings."""


def register(parent: typer.Typer) -> None:
    """Add the group of commands."""
    parent.add_typer(app, name="rules")


RuleFile = Annotated[Path, typer.Argument(metavar="RULES", help="A rule set.")]
Recording = Annotated[
    Path,
    typer.Argument(
        metavar="RECORDING",
        help="A capture, a HAR file of a browser, or an .http file.",
        exists=True,
        dir_okay=False,
    ),
]
Application = Annotated[
    str,
    typer.Option(help="Application of a capture to look at (the rule set's own name)."),
]
Host = Annotated[
    str,
    typer.Option(help="Host of a HAR file to look at (the one it asked most)."),
]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="RULES...")],
) -> int:
    """Report every mistake at once: file, line, key, what is expected.

    A rule that is never reached is a mistake; rules that overlap are told, and what
    is not installed.
    """
    mistakes = []
    for path in files:
        found = load_file(path)
        if not isinstance(found, RuleSet):
            mistakes.append(str(found))
            continue
        pairs = overlaps(found)
        never = [_never(path, pair) for pair in pairs if pair.never_reached]
        mistakes += never
        said = f"{len(never)} mistakes" if never else "no mistakes"
        typer.echo(
            f"{path}: {said}; application {found.application}, "
            f"{len(found.attribution.logins)} logins, "
            f"{len(found.records)} record rules, version {found.hash}"
        )
        for pair in pairs:
            if not pair.never_reached:
                typer.echo(_overlap(path, pair))
        for record in found.records:
            wanted = record.rule.needs_body and reads_pdf(record.conditions)
            if wanted and not pdf_installed():
                typer.echo(_without_pdf(path, record))
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return ExitCode.OK


def _never(path: Path, pair: Overlap) -> str:
    earlier, later = pair.earlier, pair.later
    return (
        f"{path}:{later.line}: records.{later.rule.name}: {pair.pattern} is never "
        f"reached: {earlier.rule.name} (line {earlier.line}) claims {pair.example} "
        f"and all others; expected {later.rule.name} before {earlier.rule.name}, or "
        "conditions on it"
    )


def _overlap(path: Path, pair: Overlap) -> str:
    earlier, later = pair.earlier.rule.name, pair.later.rule.name
    return (
        f"{path}:{pair.later.line}: records.{later}: overlaps with {earlier}, which "
        f"claims what both fit, such as {pair.example}"
    )


def _without_pdf(path: Path, record: Record) -> str:
    return (
        f"{path}:{record.line}: records.{record.rule.name}: reads PDF files, for which "
        f"an extra is not installed here: pip install '{EXTRA}'; until then they are "
        "recorded as failed"
    )


def usable(path: Path) -> RuleSet:
    """The rule set of a file.

    Raises:
        UsageError: with every mistake in it.
    """
    found = load_file(path)
    if isinstance(found, RuleSet):
        return found
    raise UsageError(str(found))


@app.command()
def schema() -> int:
    """Print the JSON Schema of rule sets, for editors."""
    typer.echo(json.dumps(schema_of_rules(), indent=2, ensure_ascii=False))
    return ExitCode.OK


@app.command()
def explain(
    rules: RuleFile,
    recording: Recording,
    application: Application = "",
    host: Host = "",
    *,
    as_json: Json = False,
) -> int:
    """Per exchange: which rule claimed it, what its selectors found, why not others."""
    ruleset = usable(rules)
    for each in rehearse(ruleset, recording, application=application, host=host):
        told = explain_exchange(ruleset, each.prepared.view, each.reading)
        if as_json:
            typer.echo(msgspec.json.encode(told).decode())
        else:
            _print(told)
    return ExitCode.OK


def _print(told: Explanation) -> None:
    outcome = told.extracted
    said = f" ({outcome.reason})" if outcome.reason else ""
    typer.echo(
        f"{told.method} {told.path}: {told.rule or 'no rule'}, "
        f"{outcome.status.value}{said}, {len(outcome.subjects)} subjects"
    )
    for step in told.looked_at:
        typer.echo(f"    {step.what}: {step.found} found; {step.said}")
    if not told.rule:
        for step in told.passed_over:
            typer.echo(f"    not {step.what}: {step.said}")


@app.command("coverage")
def coverage_command(
    rules: RuleFile,
    recording: Recording,
    application: Application = "",
    host: Host = "",
    *,
    as_json: Json = False,
) -> int:
    """By path: what is claimed, ignored and unmapped; what is unread comes first."""
    told = rehearse(usable(rules), recording, application=application, host=host)
    found = coverage(told)
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return ExitCode.OK
    to = console()
    table(
        to,
        "",
        ("request", "rule", "outcome", "exchanges", "views"),
        [(c.request, c.rule, c.outcome, str(c.exchanges), str(c.views)) for c in found],
    )
    unread = sum(c.exchanges for c in found if c.unread)
    claimed = sum(c.exchanges for c in found if c.rule and not c.unread)
    total = sum(c.exchanges for c in found)
    line(
        to,
        f"{total} exchanges: {claimed} claimed by rules, {unread} unmapped or failed, "
        f"{total - claimed - unread} expected to show nothing",
    )
    return ExitCode.OK


@app.command("test")
def try_out(
    rules: RuleFile,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False)
    ],
    *,
    rewrite: Annotated[
        bool,
        typer.Option("--rewrite", help="Write what comes of it as what is expected."),
    ] = False,
) -> int:
    """Try the rules on every recording in a directory, against expected results.

    Beside NAME.http, NAME.har or NAME.capture stands NAME.expected.jsonl.
    """
    ruleset = usable(rules)
    found = sorted(p for p in directory.iterdir() if p.suffix in RECORDINGS)
    if not found:
        raise UsageError(f"{directory}: no recording; expected {' '.join(RECORDINGS)}")
    failed = 0
    for path in found:
        expected = path.with_suffix(".expected.jsonl")
        lines = expected_lines(ruleset, path)
        if rewrite:
            expected.write_text("".join(f"{each}\n" for each in lines))
            typer.echo(f"{expected}: written, {len(lines)} exchanges")
            continue
        wanted = expected.read_text().splitlines() if expected.exists() else []
        if lines == wanted:
            typer.echo(f"{path}: as expected, {len(lines)} exchanges")
            continue
        failed += 1
        typer.echo(f"{path}: not as expected")
        names = str(expected), "what came of it"
        for each in difflib.unified_diff(wanted, lines, *names, n=1, lineterm=""):
            typer.echo(f"    {each}")
    return ExitCode.FAILED if failed else ExitCode.OK


def expected_lines(ruleset: RuleSet, recording: Path) -> list[str]:
    """What a rule set makes of a recording, one line of JSON per exchange."""
    return [_line(told.plain()) for told in rehearse(ruleset, recording)]


def _line(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False)


@app.command()
def diff(
    old: RuleFile,
    new: RuleFile,
    recording: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RECORDING]", help="Compare what both make of it.", dir_okay=False
        ),
    ] = None,
    application: Application = "",
    host: Host = "",
) -> int:
    """What changed between two rule sets; on a recording also what it changes."""
    versions = usable(old), usable(new)
    texts = [path.read_text(encoding="utf-8-sig") for path in (old, new)]
    changes = difference(texts[0], texts[1])
    typer.echo(f"{versions[0].hash} → {versions[1].hash}: {len(changes)} changes")
    for each in changes:
        typer.echo(f"  {each}")
    if recording is None:
        return ExitCode.OK
    if not recording.exists():
        raise UsageError(f"{recording}: does not exist")

    def told(ruleset: RuleSet) -> Iterator[Told]:
        return rehearse(ruleset, recording, application=application, host=host)

    count = 0
    for was, after in differing(told(versions[0]), told(versions[1])):
        count += 1
        typer.echo(f"{after['request']}:")
        for key in dict.fromkeys((*was, *after)):
            before, now = was.get(key, ""), after.get(key, "")
            if isinstance(before or now, list):
                before, now = list(before), list(now)
                for item in [each for each in before if each not in now]:
                    typer.echo(f"    - {key}: {item}")
                for item in [each for each in now if each not in before]:
                    typer.echo(f"    + {key}: {item}")
            elif before != now:
                typer.echo(f"    ~ {key}: {before or '(none)'} → {now or '(none)'}")
    typer.echo(f"{recording}: {count} exchanges come to something else")
    return ExitCode.OK
