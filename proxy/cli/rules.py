"""``whosaw rules``: is a rule set right, and what does it make of traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from proxy.app.rulesets import load_file
from proxy.attribution.sessions import Sessions
from proxy.capture import Replayed, replay
from proxy.cli.options import Json
from proxy.errors import ExitCode, UsageError
from proxy.exchange.model import Exchange
from proxy.pipeline import ConnectionContext, Keys, Outcome, Pipeline, Prepared
from proxy.ruleset import Explanation, RuleSet
from proxy.ruleset import explain as explain_exchange

app = typer.Typer(
    name="rules", help="Check and explain rule sets.", no_args_is_help=True
)


def register(parent: typer.Typer) -> None:
    """Add the group of commands."""
    parent.add_typer(app, name="rules")


RuleFile = Annotated[Path, typer.Argument(metavar="RULES", help="A rule set.")]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="RULES...")],
) -> int:
    """Report every mistake at once: file, line, key, what is expected."""
    mistakes = []
    for path in files:
        found = load_file(path)
        if isinstance(found, RuleSet):
            typer.echo(
                f"{path}: no mistakes; application {found.application}, "
                f"{len(found.attribution.logins)} logins, "
                f"{len(found.records)} record rules, version {found.hash}"
            )
        else:
            mistakes.append(str(found))
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return ExitCode.OK


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
def explain(
    rules: RuleFile,
    capture: Annotated[
        Path, typer.Argument(metavar="CAPTURE", exists=True, dir_okay=False)
    ],
    application: Annotated[
        str | None,
        typer.Option(
            help="Application of the capture to look at (the rule set's own name)."
        ),
    ] = None,
    *,
    as_json: Json = False,
) -> int:
    """Per exchange: which rule claimed it, what its selectors found, why not others."""
    ruleset = usable(rules)
    name = application or ruleset.application
    explaining = Explaining(ruleset)
    replayed = Replayed()
    for _ in replay(capture, {name: explaining}, replayed=replayed):
        for told in explaining.take():
            if as_json:
                typer.echo(msgspec.json.encode(told).decode())
            else:
                _print(told)
    if not explaining.seen:
        raise UsageError(
            f"{capture}: holds no exchange of application {name}; "
            "give the name it has in the config with --application"
        )
    return ExitCode.OK


class Explaining:
    """A pipeline that explains every exchange it is shown."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.seen = 0
        self._ruleset = ruleset
        self._told: list[Explanation] = []
        # What is printed are shapes and ids; keys play no part in it.
        self._pipeline = Pipeline(
            ruleset,
            Sessions(),
            Keys(session=bytes(32), subject=bytes(32), subject_key_id=0),
        )

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """Explain the exchange, then let the pipeline observe it."""
        self.seen += 1
        self._told.append(explain_exchange(self._ruleset, exchange))
        return self._pipeline.observe(context, exchange)

    def finish(self, prepared: Prepared) -> Outcome:
        """As the pipeline does."""
        return self._pipeline.finish(prepared)

    def take(self) -> list[Explanation]:
        """Explanations since the last call."""
        told, self._told = self._told, []
        return told


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
