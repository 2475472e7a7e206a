"""What a rule set says about *who*: sessions, logins, logouts, expiry.

Values only; the rule set fills them, the rest of this package reads them. A
new scheme adds its own dataclass to ``Login`` here and a module in
``proxy/attribution/schemes``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from typing_extensions import override

from proxy.attribution.specs.accounts import ForwardedFor, NameRules
from proxy.exchange.patterns import Glob, RequestPattern

_HOUR_NS = 3_600 * 10**9


class CookieState(Enum):
    """What a response did to a cookie, compared with the request's value."""

    CHANGED = "changed"
    """Set to a value the request did not carry (or it carried none)."""
    UNCHANGED = "unchanged"
    """The request carried one, and it was not set, or set to the same value."""
    SET = "set"
    """Set to any value, the same one included."""
    DELETED = "deleted"
    """Expired or emptied."""
    ABSENT = "absent"
    """Neither set nor deleted."""


class SelectorKind(Enum):
    """How a place in a page is written down."""

    CSS = "css"
    XPATH = "xpath"
    REGEX = "regex"


@dataclass(frozen=True, slots=True)
class Selector:
    """A place in the body of a response; ``checks.selector_mistake`` tests one."""

    kind: SelectorKind
    expression: str


@dataclass(frozen=True, slots=True)
class StatusIn:
    """``status: 302`` is (302, 302), ``status: 2xx`` is (200, 299)."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class LocationIs:
    """``location: "/home*"``.

    The Location header is resolved against the request's path and compared as
    path and query, path parameters (``;jsessionid=``) removed; a pattern that
    does not start with ``/`` is compared with the whole header. False when
    there is no such header. ``location: {not: ...}`` is ``Not`` of this
    beside ``HeaderIs("location", "*")``, so that it asks for a redirect.
    """

    pattern: Glob


@dataclass(frozen=True, slots=True)
class HeaderIs:
    """Any value of a response header (lower-case name) fits the pattern."""

    name: str
    pattern: Glob


@dataclass(frozen=True, slots=True)
class SetCookie:
    """``set_cookie: {JSESSIONID: changed}``."""

    name: str
    state: CookieState


@dataclass(frozen=True, slots=True)
class BodyContains:
    """``body: {contains: "..."}``; ``absent`` is ``Not`` of this.

    Compared with the decoded text. Neither true nor false when the body could
    not be read: an unread page confirms nothing.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Present:
    """``css: "#topbar .user"`` or ``xpath:``: the page has such a place."""

    selector: Selector


@dataclass(frozen=True, slots=True)
class JsonIs:
    """``json: {result: "*", error: "null"}``: what stands there in a JSON body.

    Values are compared as they are written in JSON, texts without their quotes;
    what is not there is no value. Neither true nor false for a body that could
    not be read as JSON to its end.
    """

    way: tuple[str | int, ...]
    pattern: Glob


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every term is true; several keys in one mapping."""

    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one term is true: ``any: [...]``."""

    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``not: {...}``."""

    term: Predicate


Predicate = (
    StatusIn
    | LocationIs
    | HeaderIs
    | SetCookie
    | BodyContains
    | Present
    | JsonIs
    | AllOf
    | AnyOf
    | Not
)
"""A tree over one exchange; evaluated by ``confirmation.evaluate``."""


class FieldSource(Enum):
    """Where a request's field stands."""

    QUERY = "query"
    FORM = "form"
    JSON = "json"
    """A JSON body; the name is the way to the value: ``params[0]``."""


@dataclass(frozen=True, slots=True)
class Field:
    """``form.username``, ``query.user``, ``json.params[0]``."""

    source: FieldSource
    name: str
    """``*`` in the name of a field stands for what the application generates."""


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A condition beside a request pattern: any value of the field fits.

    ``query: {cmd: login}`` on addresses that carry the command as a field.
    """

    field: Field
    pattern: Glob


@dataclass(frozen=True, slots=True)
class RequestMatch:
    """Which requests: a pattern and, optionally, conditions on fields."""

    pattern: RequestPattern
    conditions: tuple[FieldIs, ...] = ()


class Which(Enum):
    """Which one counts when a session key is given twice in one request."""

    AGREE = "agree"
    """Each is a key, and those that are bound must agree on the name."""
    FIRST = "first"
    LAST = "last"
    ALL_EQUAL = "all-equal"
    """All must be the same value, else the request is ``ambiguous``."""


class KeyKind(Enum):
    """Where a session key that is no cookie stands."""

    PATH_PARAMETER = "path_parameter"
    """``/client;jsessionid=KEY``."""
    PATH_SEGMENT = "path_segment"
    """``/(S(KEY))/client``: a segment that the rules do not see."""
    QUERY = "query"
    FORM = "form"
    HEADER = "header"
    """A request header; the value was given in a response's JSON body."""
    CONNECTION = "connection"
    """The connection itself: it is the key of whoever logged in on it."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """One place of session keys outside the cookies."""

    kind: KeyKind
    name: str = ""
    """Of the parameter, field or header, ``*`` for anything in it; of a segment
    its form, ``(S({key})*)``."""
    which: Which = Which.AGREE
    issued: tuple[str | int, ...] = ()
    """Way to a header's value in the JSON body of the login's answer."""
    prefix: str = ""
    """What stands before a header's value: ``Session ``; case does not count."""
    base64: bool = False
    """The header's value is base64 of several parts, with ``:`` between them."""
    part: int = 0
    """Which of those is the key; -1 is the last."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Where the session key stands. Several places or cookies: each gives a key
    of its own, and all that are bound must agree on the name."""

    cookies: tuple[str, ...] = ()
    """Names; ``*`` stands for what the application generates."""
    places: tuple[KeyPlace, ...] = ()
    which: Which = Which.AGREE
    """Of the values of one cookie."""


@dataclass(frozen=True, slots=True)
class Referring:
    """Base of what may refer to files: every login and every identity."""

    def files(self) -> tuple[str, ...]:
        """Files it refers to, as written; ``Materials.file`` gives them."""
        return ()

    def keytabs(self) -> tuple[str, ...]:
        """Keytabs it refers to, as written; in ``Materials.acceptors``."""
        return ()


@dataclass(frozen=True, slots=True)
class FormLogin(Referring):
    """``form: {request: "POST /login", user: form.username}``."""

    request: RequestMatch
    user: Field
    confirmed_when: Predicate
    name: str = "form"
    """Scheme name in the evidence; tells several logins of one rule set apart."""
    keep_failed_names: bool = False
    """Keep what was typed as user name when the login failed. Off by default:
    people type their password in the wrong field."""


@dataclass(frozen=True, slots=True)
class SamlLogin(Referring):
    """``saml: {request: "POST /saml/acs", certificate: idp.pem, audience: ...}``."""

    request: RequestMatch
    certificate: str
    """Path of the identity provider's PEM, as the rule set wrote it; several in
    one file while its key is being replaced."""
    audience: str
    """Entity id of the application: assertions for others name nobody here."""
    confirmed_when: Predicate
    attribute: str | None = None
    """Name of the attribute that holds the account; None: the NameID."""
    issuer: str | None = None
    """Entity id of the identity provider; None: whoever holds the key."""
    recipient: str | None = None
    """Address of the assertion consumer service as the identity provider knows
    it; None: not compared."""
    skew_ns: int = 60 * 10**9
    """How far the identity provider's clock may be off."""
    name: str = "saml"
    """Scheme name in the evidence."""

    @override
    def files(self) -> tuple[str, ...]:
        return (self.certificate,)


Login = FormLogin | SamlLogin
"""Every kind of login a rule set can state; a new scheme is added here."""


@dataclass(frozen=True, slots=True)
class Identity(Referring):
    """Base of what a rule set says about identities that accompany requests.

    One subclass per scheme (``proxy.attribution.schemes.accompanying``), found
    in ``schemes.registry``.
    """


@dataclass(frozen=True, slots=True)
class Logout:
    """``logout: [{request: "GET /logout"}]``; the method counts."""

    request: RequestMatch
    confirmed_when: Predicate | None = None
    """None: the request alone ends the binding."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long a binding lasts at most; an application's own is often shorter,
    and never known. Nanoseconds."""

    idle_ns: int = 8 * _HOUR_NS
    """One working day without a request."""
    absolute_ns: int = 24 * _HOUR_NS
    rotation_grace_ns: int = 10 * 10**9
    """How long a replaced key still counts: requests that were under way when
    the new cookie was."""


@dataclass(frozen=True, slots=True)
class ConfirmUser:
    """``confirm_user: {css: "#topbar .user"}``: the "logged in as" element.

    Anchored by its selector: body text elsewhere can be written by anybody.
    """

    selector: Selector
    scheme: str = "page"


@dataclass(frozen=True, slots=True)
class AttributionSpec:
    """Everything a rule set says about who."""

    session: SessionKeys = SessionKeys()
    logins: tuple[Login, ...] = ()
    identities: tuple[Identity, ...] = ()
    """Schemes whose claims accompany requests, in the order of the rule set."""
    logouts: tuple[Logout, ...] = ()
    confirm_user: ConfirmUser | None = None
    login_page: Predicate | None = None
    """A response for which this holds says: this session is not logged in.
    A bound key that gets such an answer is unbound from that request on. None:
    status 401, or a redirect to the address of a login that is named like one
    (``/login``, ``/aanmelden``; not ``/`` or ``/index.php``)."""
    expiry: Expiry = field(default_factory=Expiry)
    names: NameRules = field(default_factory=NameRules)
    client_address: ForwardedFor | None = None
    """None: the peer of the TCP connection is the client."""
