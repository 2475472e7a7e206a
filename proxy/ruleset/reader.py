"""A rule set file, read: bytes → ``RuleSet``, or every mistake at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from proxy.document import Fields, Node, Problems, parse
from proxy.exchange.charset import charset
from proxy.extraction import Settings
from proxy.ruleset.ignoring import read_ignore
from proxy.ruleset.model import RuleSet
from proxy.ruleset.records import NAME, read_records
from proxy.ruleset.requests import RequestReader
from proxy.ruleset.sessions import segment_of
from proxy.ruleset.traces import read_traces
from proxy.ruleset.who import read_attribution

_DEFAULT = Settings()


def load(data: bytes, file: str) -> RuleSet | Problems:
    """The rule set in a file's bytes.

    Args:
        data: YAML in UTF-8.
        file: Its name, for the problems.

    Returns:
        The rule set, or a non-empty collection of problems.
    """
    problems = Problems(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(line, "", "not UTF-8", expected="a file saved as UTF-8")
        return problems
    root = parse(text, problems)
    if root is None:
        return problems
    digest = hashlib.sha256(data).hexdigest()[:16]
    rules = _read(root, problems, digest)
    return problems or rules


def _read(root: Node, problems: Problems, digest: str) -> RuleSet:
    with Fields(root, problems) as fields:
        application = fields.text("application")
        if application and not NAME.fullmatch(application):
            fields.wrong(root, "not an application's name", "letters, digits, _ . -")
        reader = RequestReader(problems, fields.flag("ignore_case", False))
        ignore = read_ignore(fields, reader)
        attribution = read_attribution(fields, reader)
        segment = segment_of(attribution.session)
        return RuleSet(
            application=application,
            hash=digest,
            processing_activity=fields.url("processing_activity", ""),
            traces=read_traces(fields, problems),
            attribution=attribution,
            records=read_records(fields, reader),
            ignore=ignore,
            settings=replace(_settings(fields, problems), session_segment=segment),
        )


def _settings(fields: Fields, problems: Problems) -> Settings:
    label = fields.text("charset", _DEFAULT.charset)
    if charset(b"", f"text/plain; charset={label}".encode()) is None:
        node = fields.child("charset")
        assert node is not None
        fields.wrong(node, "not a charset browsers know", "such as windows-1252")
    node = fields.child("limits")
    if node is None:
        return Settings(charset=label)
    with Fields(node, problems) as limits:
        return Settings(
            charset=label,
            rows=limits.integer("rows", _DEFAULT.rows, least=1, most=10_000_000),
            identifier=limits.integer(
                "identifier", _DEFAULT.identifier, least=1, most=4096
            ),
            regex_seconds=limits.duration(
                "regex_time", _DEFAULT.regex_seconds, least=0.001, most=10
            ),
        )
