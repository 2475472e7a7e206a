"""The JSON Schema of rule sets knows what the readers know, and stays current."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from proxy.ruleset.identities import IDENTITIES
from proxy.ruleset.schema import schema
from tests.support.pages import problems

ROOT = Path(__file__).parents[3]
FILES = sorted(ROOT.glob("deploy/**/rules.yaml"))
SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA)
DEFS: dict[str, Any] = SCHEMA["$defs"]

_RECORD = "records: {r: {request: /p, action: view, subject: {type: c, id: query.i}"
_IDENTITY = "identity: [{%s: {zzz: 1}}]"
PLACES: list[tuple[str, Any]] = [
    ("zzz: 1", SCHEMA),
    ("limits: {zzz: 1}", SCHEMA["properties"]["limits"]),
    ("expiry: {zzz: 1}", SCHEMA["properties"]["expiry"]),
    ("names: {zzz: 1}", SCHEMA["properties"]["names"]),
    ("client_address: {zzz: 1}", SCHEMA["properties"]["client_address"]),
    (
        "client_address: {forwarded_for: {zzz: 1}}",
        SCHEMA["properties"]["client_address"]["properties"]["forwarded_for"],
    ),
    ("session: {zzz: 1}", SCHEMA["properties"]["session"]["anyOf"][1]),
    ("login: [{zzz: 1}]", DEFS["login"]),
    ("login: [{form: {zzz: 1}}]", DEFS["login"]["properties"]["form"]),
    ("login: [{saml: {zzz: 1}}]", DEFS["login"]["properties"]["saml"]),
    ("logout: [{zzz: 1}]", SCHEMA["properties"]["logout"]["anyOf"][0]["anyOf"][1]),
    ("ignore: [{zzz: 1}]", DEFS["ignored"]["anyOf"][1]),
    ("confirm_user: {zzz: 1}", SCHEMA["properties"]["confirm_user"]),
    ("login_page: {zzz: 1}", DEFS["predicate"]),
    ("login_page: {body: {zzz: 1}}", DEFS["predicate"]["properties"]["body"]),
    ("records: {r: {zzz: 1}}", DEFS["record"]),
    ("records: {r: {subject: {zzz: 1}}}", DEFS["subject"]),
    (f"{_RECORD}, each: {{csv: {{zzz: 1}}}}}}}}",
     DEFS["rows"]["anyOf"][1]["properties"]["csv"]["anyOf"][1]),
    (f"{_RECORD}, body: {{zzz: 1}}}}}}", DEFS["record"]["properties"]["body"]),
    ("records: {r: {subject: {skip: {zzz: 1}}}}",
     DEFS["subject"]["properties"]["skip"]),
    (f"{_RECORD}, data: {{d: {{zzz: 1, css: a}}}}}}}}", DEFS["selector"]["anyOf"][1]),
    (f"{_RECORD}, each: {{zzz: 1, css: a}}}}}}", DEFS["rows"]["anyOf"][1]),
    (f"{_RECORD}, data: {{d: {{css: a, transform: [{{zzz: 1}}]}}}}}}}}",
     DEFS["transform"]["anyOf"][1]),
    *(
        (_IDENTITY % word, DEFS["identity"]["anyOf"][1]["properties"][word]["anyOf"][1])
        for word in IDENTITIES
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place"), PLACES, ids=[text for text, _ in PLACES])
def test_the_schema_knows_every_key_of_the_readers(text: str, place: Any) -> None:
    """The checker's own list of known keys is the measure, at every place."""
    told = next(line for line in problems(text) if "zzz: unknown key" in line)
    known = set(told.rpartition("expected one of ")[2].split(", "))

    # A row or selector by css may have attr; the schema knows the words of all.
    assert known <= set(place["properties"])
    if "css" not in known:
        assert known == set(place["properties"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_rule_set_of_the_project_is_valid(path: Path) -> None:
    """An editor marks nothing in the examples."""
    document = yaml.safe_load(path.read_text())

    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_the_schema_is_a_schema() -> None:
    """Of the draft it names."""
    Draft202012Validator.check_schema(SCHEMA)


def test_the_committed_schema_is_current() -> None:
    """``whosaw rules schema > docs/rules.schema.json`` after a change."""
    kept = json.loads((ROOT / "docs" / "rules.schema.json").read_text())

    assert kept == SCHEMA


def _mistakes() -> Iterator[str]:
    rest = "subject: {type: c, id: path.id}"
    yield f"records: {{r: {{request: /p, action: look, {rest}}}}}"
    yield f"records: {{r: {{reqest: /p, action: view, {rest}}}}}"
    yield "records: {r: {request: /p, action: view}}"
    yield f"records: {{r: {{request: /p, action: view, {rest}, subjects: []}}}}"
    yield "records: {r: {request: /p, action: view, subject: {type: c, id: pth.id}}}"
    yield "records: {}\nsession: {coki: a}"
    yield "records: {}\nexpiry: {idle: soon}"


@pytest.mark.parametrize("text", list(_mistakes()))
def test_common_mistakes_are_marked_in_the_editor(text: str) -> None:
    """What ``rules check`` says of words and keys, while they are typed."""
    document = yaml.safe_load(f"application: a\n{text}")

    assert not VALIDATOR.is_valid(document)
