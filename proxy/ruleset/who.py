"""YAML → who: session, login, identity, logout, confirm_user, login_page, expiry,
names, client_address.

``SCHEMES`` is the vocabulary of logins; a new scheme gets its word there.
Identities that accompany requests have theirs in ``proxy.ruleset.identities``.
"""

from __future__ import annotations

from collections.abc import Callable

from proxy.attribution.spec import (
    AttributionSpec,
    ConfirmUser,
    Expiry,
    Field,
    FieldSource,
    FormLogin,
    Login,
    Logout,
    SelectorKind,
    SessionKeys,
)
from proxy.document import Fields, Kind, Node, Problems, near_miss
from proxy.exchange.json_body import parse_way
from proxy.ruleset.accounts import read_client_address, read_names
from proxy.ruleset.identities import read_identities
from proxy.ruleset.predicates import read_predicate, selector
from proxy.ruleset.requests import RequestReader
from proxy.ruleset.saml import read_saml
from proxy.ruleset.sessions import read_session

_NS = 10**9
_DEFAULT = Expiry()


def read_attribution(fields: Fields, reader: RequestReader) -> AttributionSpec:
    """Everything about who, from the top level of a rule set."""
    problems = fields.problems
    session = fields.child("session")
    keys = SessionKeys() if session is None else read_session(session, problems)
    logins = [_login(node, reader) for node in fields.elements("login")]
    logouts = [_logout(node, reader) for node in fields.elements("logout")]
    if logins and session is None:
        expected = "session: {cookie: NAME}"
        fields.wrong(fields.node, "logins without a session", expected)
    confirm = fields.child("confirm_user")
    page = fields.child("login_page")
    expiry = fields.child("expiry")
    return AttributionSpec(
        session=keys,
        logins=tuple(login for login in logins if login is not None),
        identities=read_identities(fields, reader),
        logouts=tuple(logout for logout in logouts if logout is not None),
        confirm_user=None if confirm is None else _confirm(confirm, problems),
        login_page=None if page is None else read_predicate(page, problems),
        expiry=_DEFAULT if expiry is None else _expiry(expiry, problems),
        names=read_names(fields, problems),
        client_address=read_client_address(fields, problems),
    )


def _login(node: Node, reader: RequestReader) -> Login | None:
    problems = reader.problems
    with Fields(node, problems) as fields:
        present = [word for word in SCHEMES if fields.has(word)]
        if len(present) != 1:
            said = "no scheme" if not present else "several schemes"
            if node.kind is Kind.MAPPING:
                fields.wrong(node, said, "one of " + ", ".join(SCHEMES))
            fields.allow("confirmed_when")
            return None
        return SCHEMES[present[0]](fields, present[0], reader)


def _form(fields: Fields, word: str, reader: RequestReader) -> Login | None:
    problems = fields.problems
    confirmed = fields.required(
        "confirmed_when", "how the application says that it accepted the login"
    )
    predicate = None if confirmed is None else read_predicate(confirmed, problems)
    node = fields.child(word)
    if node is None:
        return None
    with Fields(node, problems) as inner:
        requests = reader.requests(inner)
        user_node = inner.required("user", "form.NAME, query.NAME or json.WAY")
        user = None if user_node is None else _field(user_node, problems)
        name = inner.text("name", "form")
        keep = inner.flag("keep_failed_names", False)
        if len(requests) > 1:
            inner.wrong(node, "several requests", "one; write a login for each")
    if not requests or user is None or predicate is None:
        return None
    return FormLogin(requests[0], user, predicate, name, keep)


SCHEMES: dict[str, Callable[[Fields, str, RequestReader], Login | None]] = {
    "form": _form,
    "saml": read_saml,
}
"""Word → reader of that login scheme."""


def _field(node: Node, problems: Problems) -> Field | None:
    source, dot, name = node.text.partition(".")
    words = [member.value for member in FieldSource]
    known = node.kind is Kind.SCALAR and dot and name and source in words
    if known and (source != FieldSource.JSON.value or parse_way(name)):
        return Field(FieldSource(source), name)
    hint = near_miss(source, words)
    problems.add(
        node.line,
        node.path,
        "not a field",
        expected="form.NAME or query.NAME, or json.WAY",
        hint=f"{hint}.{name}" if hint and name and hint != source else "",
    )
    return None


def _logout(node: Node, reader: RequestReader) -> Logout | None:
    if node.kind is Kind.SCALAR:
        node = Node(
            kind=Kind.MAPPING,
            line=node.line,
            column=node.column,
            path=node.path,
            entries=(("request", node),),
            key_lines=(node.line,),
        )
    with Fields(node, reader.problems) as fields:
        requests = reader.requests(fields)
        confirmed = fields.child("confirmed_when")
        predicate = (
            None if confirmed is None else read_predicate(confirmed, reader.problems)
        )
        if len(requests) > 1:
            fields.wrong(node, "several requests", "one; write a logout for each")
    return Logout(requests[0], predicate) if requests else None


def _confirm(node: Node, problems: Problems) -> ConfirmUser | None:
    words = [kind.value for kind in SelectorKind]
    with Fields(node, problems) as fields:
        present = [word for word in words if fields.has(word)]
        name = fields.text("name", "page")
        if len(present) != 1:
            if node.kind is Kind.MAPPING:
                fields.wrong(node, "no place, or several", "one of " + ", ".join(words))
            return None
        child = fields.child(present[0])
        assert child is not None
    found = selector(SelectorKind(present[0]), child, problems)
    return None if found is None else ConfirmUser(found, name)


def _expiry(node: Node, problems: Problems) -> Expiry:
    with Fields(node, problems) as fields:
        idle = fields.duration("idle", _DEFAULT.idle_ns / _NS, least=1)
        absolute = fields.duration("absolute", _DEFAULT.absolute_ns / _NS, least=1)
        grace = fields.duration("rotation_grace", _DEFAULT.rotation_grace_ns / _NS)
    return Expiry(int(idle * _NS), int(absolute * _NS), int(grace * _NS))
