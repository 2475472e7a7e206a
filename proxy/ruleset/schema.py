"""The rule language as a JSON Schema (2020-12), for editors.

``whosaw rules schema`` prints it and docs/rules.schema.json keeps it. It knows every
key and every word; that every key of the readers is in it is a test. What only the
readers can tell (patterns, names that must be captured) is ``rules check``'s to say.
"""

from __future__ import annotations

from typing import Any

from proxy.attribution.spec import CookieState, KeyKind, Which
from proxy.attribution.specs.headers import CertificateName, NameCharset
from proxy.events import Action
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.model import Assurance, OnFailure
from proxy.extraction.selectors.transform import MOST_STEPS, STEPS
from proxy.extraction.signs import Sign
from proxy.ruleset.identities import IDENTITIES
from proxy.ruleset.predicates import READERS
from proxy.ruleset.rows import ROWS
from proxy.ruleset.selectors import SOURCES
from proxy.ruleset.transforms import WITH_ARGUMENT
from proxy.ruleset.who import SCHEMES

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
"""A scalar: YAML may take text that has no quotes for something else."""
_FLAG: Schema = {"type": "boolean"}
_DURATION: Schema = {
    "type": "string",
    "pattern": r"^\d+(\.\d+)? ?(ms|s|m|h|d)$",
    "examples": ["250ms", "10s", "8h"],
}
_NAME_PATTERN = "^[A-Za-z][A-Za-z0-9_.-]{0,63}$"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _or_list(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


def _mapping(properties: Schema, *required: str, **more: Any) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **more,
    }
    return {**found, "required": list(required)} if required else found


def _of(values: Schema, **more: Any) -> Schema:
    return {"type": "object", "additionalProperties": values, **more}


def _enum(kind: Any) -> Schema:
    return {"enum": [member.value for member in kind]}


_TEXTS = _or_list(_TEXT)
_STATUS = _or_list(
    {"anyOf": [{"type": "integer", "minimum": 100, "maximum": 599}, {"type": "string"}]}
)
_FIELDS = _of(_TEXT, description="Field → text, in which * stands for anything.")
_REQUEST: Schema = {
    "type": "string",
    "description": "METHOD /path/{name}, or *.ending",
    "examples": ["GET /client/{id}", "*.css"],
}
_DIALECT: Schema = {"enum": [*DIALECTS, "none"]}
_DEFAULTS: Schema = {
    "dialect": _DIALECT,
    "namespaces": _of({"type": "string"}),
    "skip_redirects": _FLAG,
    "assurance": _enum(Assurance),
    "on_failure": _enum(OnFailure),
}
_MATCH: Schema = {"request": _REQUEST, "query": _FIELDS, "form": _FIELDS}


def schema() -> Schema:
    """The schema of a rule set file, as JSON's types."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Whosaw rule set",
        **_mapping(
            {
                "application": {"type": "string", "pattern": _NAME_PATTERN},
                "processing_activity": {"type": "string", "format": "uri"},
                "session": _session(),
                "login": _or_list(_ref("login")),
                "identity": _or_list(_ref("identity")),
                "logout": _or_list(_logout()),
                "confirm_user": _confirm_user(),
                "login_page": _ref("predicate"),
                "expiry": _mapping(
                    {
                        "idle": _DURATION,
                        "absolute": _DURATION,
                        "rotation_grace": _DURATION,
                    }
                ),
                "names": _names(),
                "client_address": _client_address(),
                "trace_context": _or_list(_trace_context()),
                "records": _of(
                    _ref("record"), propertyNames={"pattern": _NAME_PATTERN}
                ),
                "ignore": _or_list(_ref("ignored")),
                "ignore_case": _FLAG,
                "charset": {"type": "string"},
                "limits": _limits(),
                **_DEFAULTS,
            },
            "application",
            "records",
        ),
        "$defs": {
            "ignored": _ignored(),
            "selector": _selector(),
            "rows": _rows(),
            "transform": _transform(),
            "subject": _subject(),
            "record": _record(),
            "predicate": _predicate(),
            "login": _login(),
            "identity": _identity(),
        },
    }


def _selector() -> Schema:
    named = "|".join(sorted(set(SOURCES) - {"text", "value", "css", "xpath", "regex"}))
    short = {
        "type": "string",
        "pattern": rf"^(text|value|({named})\..+)$",
        "examples": ["path.id", "form.client", "attr.data-id", "text"],
    }
    return {"anyOf": [short, _mapping(_selector_keys(), minProperties=1)]}


def _selector_keys() -> Schema:
    return {
        **dict.fromkeys(SOURCES, _TEXT),
        "within": {"type": "string"},
        "except": {"type": "string"},
        "transform": _or_list(_ref("transform")),
    }


def _transform() -> Schema:
    arguments: Schema = dict.fromkeys(WITH_ARGUMENT, _TEXT)
    pair = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}
    arguments["replace"] = pair
    one = _mapping(arguments, minProperties=1, maxProperties=1)
    return {"anyOf": [{"enum": list(STEPS)}, one], "$comment": f"at most {MOST_STEPS}"}


def _rows() -> Schema:
    keys: Schema = dict.fromkeys(ROWS, _TEXT)
    keys["csv"] = {
        "anyOf": [
            _TEXT,
            _mapping(
                {
                    "separator": {"type": "string"},
                    "header": _FLAG,
                    "skip": {"type": "integer", "minimum": 0, "maximum": 1000},
                }
            ),
        ]
    }
    keys |= {"within": {"type": "string"}, "except": {"type": "string"}}
    alone = {"enum": ["csv", "jsonl"]}
    return {"anyOf": [alone, _mapping(keys, minProperties=1)]}


def _subject() -> Schema:
    return _mapping(
        {
            "type": {"type": "string", "pattern": _NAME_PATTERN},
            "id": _ref("selector"),
            "each": _ref("rows"),
            "action": _enum(Action),
            "required": _FLAG,
            "same_as": _or_list(
                _mapping(
                    {
                        "type": {"type": "string", "pattern": _NAME_PATTERN},
                        "id": _ref("selector"),
                    },
                    "type",
                    "id",
                )
            ),
            "skip": _mapping(
                {"id": {"type": "string"}, "row": {"type": "string"}}, minProperties=1
            ),
        },
        "type",
        "id",
    )


def _record() -> Schema:
    context = _mapping(
        {**_selector_keys(), "keep": {"enum": ["hash", "plain"]}}, minProperties=1
    )
    return _mapping(
        {
            **_MATCH,
            "request": _or_list(_REQUEST),
            "headers": _FIELDS,
            "status": _STATUS,
            "content_type": _TEXTS,
            "body": _mapping({"contains": _TEXTS, "absent": _TEXTS}, minProperties=1),
            **_DEFAULTS,
            "operation": _TEXTS,
            "arguments": _FIELDS,
            "action": _enum(Action),
            "subject": _ref("subject"),
            "subjects": _or_list(_ref("subject")),
            "each": _ref("rows"),
            "data": {"anyOf": [_TEXTS, _of(_ref("selector"))]},
            "context": _of({"anyOf": [_ref("selector"), context]}),
            "on_status": _STATUS,
            "shown_when": _ref("predicate"),
            "required": _FLAG,
            "drift": _FLAG,
            "comments": _FLAG,
            "processing_activity": {"type": "string", "format": "uri"},
        },
        "request",
        "action",
        oneOf=[{"required": ["subject"]}, {"required": ["subjects"]}],
    )


def _predicate() -> Schema:
    again = _ref("predicate")
    known: Schema = {
        "status": _STATUS,
        "location": {"anyOf": [_TEXTS, _mapping({"not": _TEXTS}, "not")]},
        "header": _FIELDS,
        "set_cookie": _of(_enum(CookieState)),
        "json": _FIELDS,
        "body": _mapping({"contains": _TEXTS, "absent": _TEXTS}, minProperties=1),
        "any": _or_list(again),
        "all": _or_list(again),
        "not": again,
    }
    return _mapping({word: known.get(word, _TEXT) for word in READERS}, minProperties=1)


def _login() -> Schema:
    form = _mapping(
        {
            **_MATCH,
            "user": {"type": "string", "pattern": r"^(form|query|json)\..+$"},
            "name": _TEXT,
            "keep_failed_names": _FLAG,
        },
        "request",
        "user",
    )
    saml = _mapping(
        {
            **_MATCH,
            "certificate": {"type": "string"},
            "audience": {"type": "string"},
            "name": {"type": "string", "pattern": r"^(name_id|attribute\..+)$"},
            "issuer": {"type": "string"},
            "recipient": {"type": "string", "format": "uri"},
            "skew": _DURATION,
            "scheme": _TEXT,
        },
        "request",
        "certificate",
        "audience",
    )
    known = {"form": form, "saml": saml}
    return _mapping(
        {
            **{word: known.get(word, {}) for word in SCHEMES},
            "confirmed_when": _ref("predicate"),
        },
        "confirmed_when",
    )


def _identity() -> Schema:
    asked: Schema = {
        "realm": _TEXT,
        "protected": _or_list(_REQUEST),
        "charset": _enum(NameCharset),
    }
    known = {
        "basic": asked,
        "digest": asked,
        "bearer": {
            "jwks": _TEXT,
            "algorithms": _TEXTS,
            "cookie": _TEXT,
            "header": _TEXT,
            "leeway": _DURATION,
            "issuer": _TEXT,
            "audience": _TEXT,
            "name": _TEXT,
        },
        "client_certificate": {"ca": _TEXT, "name": _enum(CertificateName)},
        "header": {"name": _TEXT, "peers": _TEXTS, "charset": _enum(NameCharset)},
        "kerberos": {"keytab": _TEXT, "persistent": _FLAG, "name": _TEXT},
        "ntlm": {"oem_charset": _TEXT, "name": _TEXT},
    }
    empty: Schema = {"type": "null"}
    schemes: Schema = {
        word: {"anyOf": [empty, _mapping(known[word])]} if word in known else {}
        for word in IDENTITIES
    }
    one = _mapping(schemes, minProperties=1, maxProperties=1)
    return {"anyOf": [{"enum": list(IDENTITIES)}, one]}


def _logout() -> Schema:
    full = _mapping({**_MATCH, "confirmed_when": _ref("predicate")}, "request")
    return {"anyOf": [_REQUEST, full]}


def _ignored() -> Schema:
    full = _mapping(
        {"request": _or_list(_REQUEST), "despite": _or_list(_enum(Sign))}, "request"
    )
    return {"anyOf": [_REQUEST, full]}


def _confirm_user() -> Schema:
    return _mapping({"css": _TEXT, "xpath": _TEXT, "regex": _TEXT, "name": _TEXT})


def _session() -> Schema:
    header = _mapping(
        {
            "name": _TEXT,
            "prefix": _TEXT,
            "base64": _FLAG,
            "part": {"type": "integer"},
            "issued": _TEXT,
        },
        "name",
    )
    places: Schema = {kind.value: _TEXTS for kind in KeyKind}
    places |= {
        "cookie": _TEXTS,
        "which": _enum(Which),
        "connection": _FLAG,
        "header": {"anyOf": [_TEXT, header]},
    }
    return {"anyOf": [{"const": "none"}, _mapping(places, minProperties=1)]}


def _names() -> Schema:
    return _mapping(
        {
            "ignore_case": _FLAG,
            "domains": _TEXTS,
            "suffixes": _TEXTS,
            "aliases": {"type": "string"},
        }
    )


def _client_address() -> Schema:
    forwarded = _mapping(
        {"peers": _TEXTS, "header": {"enum": ["x-forwarded-for", "forwarded"]}}, "peers"
    )
    return _mapping({"forwarded_for": forwarded}, "forwarded_for")


def _trace_context() -> Schema:
    processor: Schema = {"type": "string", "format": "uri"}
    return _mapping({"peers": _TEXTS, "processor": processor}, "peers", "processor")


def _limits() -> Schema:
    return _mapping(
        {
            "rows": {"type": "integer", "minimum": 1, "maximum": 10_000_000},
            "identifier": {"type": "integer", "minimum": 1, "maximum": 4096},
            "regex_time": _DURATION,
        }
    )
