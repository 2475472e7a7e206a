"""The rule sets of a config, read from their files, with what they refer to."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from proxy.app.kerberos import acceptor
from proxy.attribution.materials import Acceptor, Materials
from proxy.attribution.names import Names
from proxy.attribution.schemes.registry import accompanying_of, scheme_of
from proxy.attribution.spec import AttributionSpec
from proxy.config import Config
from proxy.document import Problems
from proxy.errors import UsageError
from proxy.ruleset import RuleSet, load

MAX_FILE = 8 << 20
"""Bytes of a file a rule set refers to; certificates and key sets have a few
thousand, the aliases of 100,000 accounts some millions."""


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


def load_file(path: Path, content: bytes | None = None) -> RuleSet | Problems:
    """One rule set with its materials, or all mistakes in its file.

    Files it refers to stand relative to it. Whether they are usable is tried
    here, so that a broken certificate stops the start and not a recorder.

    Args:
        path: The file.
        content: Another version of it; None: what is in it now.

    Raises:
        UsageError: the file cannot be read.
    """
    if content is None:
        content = read_file(path)
    found = load(content, str(path))
    if not isinstance(found, RuleSet):
        return found
    problems = Problems(str(path))
    spec = found.attribution
    materials = _materials(spec, path.parent, problems)
    if not problems:
        _try(spec, materials, problems)
    return problems or dataclasses.replace(found, materials=materials)


def read_file(path: Path) -> bytes:
    """The bytes of a rule set.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read the rule set: {error.strerror}"
        ) from error


def _materials(spec: AttributionSpec, folder: Path, problems: Problems) -> Materials:
    files: dict[str, bytes] = {}
    acceptors: dict[str, Acceptor] = {}
    referring = (*spec.logins, *spec.identities)
    named = [name for each in referring for name in each.files()]
    for name in (*named, *spec.names.files()):
        try:
            with (folder / name).open("rb") as file:
                files[name] = file.read(MAX_FILE + 1)
        except OSError as error:
            problems.add(0, "", f"{name}: cannot be read: {error.strerror}")
            continue
        if len(files[name]) > MAX_FILE:
            problems.add(0, "", f"{name}: larger than {MAX_FILE} bytes")
    for name in (name for each in referring for name in each.keytabs()):
        try:
            acceptors[name] = acceptor(folder / name)
        except UsageError as error:
            problems.add(0, "", str(error))
    return Materials(files, acceptors)


def _try(spec: AttributionSpec, materials: Materials, problems: Problems) -> None:
    for login in spec.logins:
        try:
            scheme_of(login, materials)
        except UsageError as error:
            problems.add(0, "", str(error))
    try:
        Names(spec.names, materials)
    except UsageError as error:
        for line in str(error).splitlines():
            problems.add(0, "", line)
    for identity in spec.identities:
        try:
            accompanying_of(identity, materials)
        except UsageError as error:
            problems.add(0, "", str(error))
