"""The rule sets of a config, read from their files."""

from __future__ import annotations

from pathlib import Path

from proxy.config import Config
from proxy.document import Problems
from proxy.errors import UsageError
from proxy.ruleset import RuleSet, load


def load_all(config: Config) -> dict[str, RuleSet]:
    """Every application's rule set, by application.

    Raises:
        UsageError: with every mistake in every file, one a line.
    """
    found: dict[str, RuleSet] = {}
    wrong: list[str] = []
    for application in config.applications:
        result = load_file(application.rules)
        if isinstance(result, RuleSet):
            found[application.name] = result
        else:
            wrong.append(str(result))
    if wrong:
        raise UsageError("\n".join(wrong))
    return found


def load_file(path: Path) -> RuleSet | Problems:
    """One rule set, or all mistakes in its file.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read the rule set: {error.strerror}"
        ) from error
    return load(content, str(path))
