"""The config file: where the sidecar stands, and in front of what.

YAML, read strictly: unknown keys, wrong types and impossible combinations are
reported all at once, with file, line and key. Relative paths count from the
folder of the config file, so that a config can be moved with what belongs to
it. The reference is docs/configuration.md; an example is
deploy/examples/minimal/whosaw.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from proxy.document import Address, Fields, Node, Problems, parse
from proxy.errors import UsageError


class ClientCertificates(Enum):
    """Whether browsers are asked for a certificate."""

    IGNORE = "ignore"
    REQUEST = "request"
    """Asked for; none is demanded, and any is taken. Whether one is believed is
    the rule set's (``client_certificate``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsListen:
    """The certificate shown to browsers."""

    certificate: Path
    """PEM, leaf first, chain after it."""
    key: Path
    client_certificates: ClientCertificates = ClientCertificates.IGNORE


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsUpstream:
    """How the application's certificate is verified; there is no way not to."""

    ca: Path | None
    """PEM of a private authority; None means the system's."""
    server_name: str
    """Name that must be in the certificate, also sent as SNI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application and the address at which its users find the sidecar."""

    name: str
    rules: Path
    listen: Address
    upstream: Address
    tls: TlsListen | None
    upstream_tls: TlsUpstream | None
    connect_timeout: float
    idle_timeout: float | None
    max_connections: int
    """Per wire."""
    proxy_protocol: tuple[IPv4Network | IPv6Network, ...] = ()
    """Load balancers whose connections begin with a PROXY preamble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapBounds:
    """How much a wire keeps for a recorder that is slow or away."""

    pace: float
    """Most seconds a request is delayed while the recorder is behind; 0: never."""
    backlog: int
    """Bytes waiting to be sent, per wire; above, whole connections are shed."""
    kept: int
    """Bytes kept until they are committed, per wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBounds:
    """How much evidence the disk holds while the store is away."""

    most: int
    segment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAccess:
    """Where the store is; with ``embedded``, it is served by this sidecar."""

    embedded: bool
    url: str
    user: str
    password_file: Path
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a sidecar is told."""

    file: Path
    node: str
    state: Path
    wires: int
    keys: Path
    drain: float
    applications: tuple[Application, ...]
    tap: TapBounds
    journal: JournalBounds
    store: StoreAccess

    @property
    def tap_socket(self) -> Path:
        """Where the recorder listens for wires."""
        return self.state / "tap.sock"

    @property
    def journal_directory(self) -> Path:
        """Where the journal's segments are."""
        return self.state / "journal"

    @property
    def status_directory(self) -> Path:
        """Where each process writes what it says of itself."""
        return self.state / "status"

    @property
    def store_directory(self) -> Path:
        """Where the embedded store keeps its data."""
        return self.state / "store"


MIB = 1 << 20
GIB = 1 << 30


def load(path: Path) -> Config:
    """Read and check a config file.

    Raises:
        UsageError: with every mistake, one a line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"{path}: cannot read the config: {reason}") from error
    problems = Problems(str(path))
    config = read(text, path, problems)
    if problems or config is None:
        raise UsageError(str(problems))
    return config


def read(text: str, path: Path, problems: Problems) -> Config | None:
    """Config of this text; mistakes go to ``problems`` and void the result."""
    root = parse(text, problems)
    if root is None:
        return None
    base = path.absolute().parent
    with Fields(root, problems) as fields:
        state = _under(base, fields, "state", "var")
        config = Config(
            file=path.absolute(),
            node=_node(fields),
            state=state,
            wires=fields.integer("wires", 2, least=1, most=64),
            keys=_under(base, fields, "keys", str(state / "keys")),
            drain=fields.duration("drain", 30.0),
            applications=_applications(fields, base, problems),
            tap=_tap(fields, problems),
            journal=_journal(fields, problems),
            store=_store(fields, base, state, problems),
        )
    _distinct_listeners(config.applications, root, problems)
    _applications_complete(config, root, problems)
    return config


def _node(fields: Fields) -> str:
    name = fields.text("node", "sidecar")
    if not name or len(name) > 64 or not name.replace("-", "").isalnum():
        child = fields.child("node")
        if child is not None:
            fields.wrong(child, "not a node name", "letters, digits and dashes")
    return name


def _under(base: Path, fields: Fields, key: str, default: str) -> Path:
    found = fields.path(key, None)
    return base / (str(found) if found is not None else default)


def _applications(
    fields: Fields, base: Path, problems: Problems
) -> tuple[Application, ...]:
    found = []
    for name, node in fields.entries("applications", required=True):
        with Fields(node, problems) as each:
            upstream_url = each.url("upstream")
            upstream, secure = _upstream(upstream_url)
            found.append(
                Application(
                    name=name,
                    rules=base / str(each.path("rules")),
                    listen=each.address("listen"),
                    upstream=upstream,
                    tls=_tls_listen(each, base, problems),
                    upstream_tls=_tls_upstream(
                        each, base, problems, upstream.host, secure=secure
                    ),
                    connect_timeout=each.duration("connect_timeout", 10.0, least=0.01),
                    idle_timeout=each.duration("idle_timeout", None, least=0.01),
                    max_connections=each.integer(
                        "max_connections", 4096, least=1, most=1_000_000
                    ),
                    proxy_protocol=_proxy_protocol(each, problems),
                )
            )
            if upstream_url and urlsplit(upstream_url).path not in ("", "/"):
                child = each.child("upstream")
                assert child is not None
                each.wrong(
                    child,
                    "the upstream has a path, but bytes pass unchanged",
                    "http://host:port or https://host:port",
                )
    return tuple(found)


def _proxy_protocol(
    fields: Fields, problems: Problems
) -> tuple[IPv4Network | IPv6Network, ...]:
    node = fields.child("proxy_protocol")
    if node is None:
        return ()
    found: list[IPv4Network | IPv6Network] = []
    with Fields(node, problems) as inner:
        inner.required("peers", "the balancers' networks, such as 10.0.0.0/8")
        for each in inner.elements("peers"):
            try:
                found.append(ip_network(each.text))
            except ValueError:
                inner.wrong(each, "not a network", "such as 10.0.0.0/8 or 192.0.2.1")
    return tuple(found)


def _upstream(url: str) -> tuple[Address, bool]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return Address(parts.hostname or "", parts.port or (443 if secure else 80)), secure


def _tls_listen(fields: Fields, base: Path, problems: Problems) -> TlsListen | None:
    node = fields.child("tls")
    if node is None:
        return None
    with Fields(node, problems) as tls:
        return TlsListen(
            certificate=base / str(tls.path("certificate")),
            key=base / str(tls.path("key")),
            client_certificates=tls.choice(
                "client_certificates", ClientCertificates, ClientCertificates.IGNORE
            ),
        )


def _tls_upstream(
    fields: Fields, base: Path, problems: Problems, host: str, *, secure: bool
) -> TlsUpstream | None:
    node = fields.child("upstream_tls")
    if node is None:
        return TlsUpstream(ca=None, server_name=host) if secure else None
    if not secure:
        fields.wrong(node, "the upstream is plain http", "upstream: https://…")
        fields.allow("upstream_tls")
    with Fields(node, problems) as tls:
        ca = tls.path("ca", None)
        return TlsUpstream(
            ca=base / str(ca) if ca is not None else None,
            server_name=tls.text("server_name", host),
        )


def _tap(fields: Fields, problems: Problems) -> TapBounds:
    defaults = TapBounds(pace=0.02, backlog=16 * MIB, kept=64 * MIB)
    node = fields.child("tap")
    if node is None:
        return defaults
    with Fields(node, problems) as tap:
        return TapBounds(
            pace=tap.duration("pace", defaults.pace, most=1.0),
            backlog=tap.size("backlog", defaults.backlog, least=64 << 10),
            kept=tap.size("kept", defaults.kept, least=64 << 10),
        )


def _journal(fields: Fields, problems: Problems) -> JournalBounds:
    defaults = JournalBounds(most=8 * GIB, segment=64 * MIB)
    node = fields.child("journal")
    if node is None:
        return defaults
    with Fields(node, problems) as journal:
        bounds = JournalBounds(
            most=journal.size("most", defaults.most, least=MIB),
            segment=journal.size("segment", defaults.segment, least=64 << 10),
        )
        if bounds.segment * 2 > bounds.most:
            journal.wrong(
                node, "segments so large that only one fits", "segment ≤ most / 2"
            )
        return bounds


def _store(fields: Fields, base: Path, state: Path, problems: Problems) -> StoreAccess:
    node = fields.child("store")
    if node is None:
        return StoreAccess(
            embedded=True,
            url="http://127.0.0.1:8123",
            user="whosaw",
            password_file=state / "store-password",
            database="whosaw",
        )
    with Fields(node, problems) as store:
        password = store.path("password_file", None)
        embedded = store.flag("embedded", default=False)
        if password is None and not embedded:
            store.required("password_file", "a file with the password, mode 0600")
        return StoreAccess(
            embedded=embedded,
            url=store.url("url", "http://127.0.0.1:8123"),
            user=store.text("user", "whosaw"),
            password_file=(
                base / str(password)
                if password is not None
                else state / "store-password"
            ),
            database=store.text("database", "whosaw"),
        )


def _distinct_listeners(
    applications: tuple[Application, ...], root: Node, problems: Problems
) -> None:
    seen: dict[tuple[str, int], str] = {}
    for application in applications:
        address = (application.listen.host, application.listen.port)
        if address[1] and address in seen:
            node = root.get("applications")
            line = node.line if node is not None else 0
            problems.add(
                line,
                f"applications.{application.name}.listen",
                f"{application.listen} is the address of {seen[address]} already",
                expected="an address of its own",
            )
        seen[address] = application.name


def _applications_complete(config: Config, root: Node, problems: Problems) -> None:
    """Report files that are named and are not there, before anything starts."""
    node = root.get("applications")
    if node is None:
        return
    if not config.applications:
        problems.add(node.line, "applications", "empty", expected="an application")
    for application in config.applications:
        mine = node.get(application.name)
        named = {"rules": application.rules}
        if application.tls is not None:
            named["tls.certificate"] = application.tls.certificate
            named["tls.key"] = application.tls.key
        if application.upstream_tls is not None and application.upstream_tls.ca:
            named["upstream_tls.ca"] = application.upstream_tls.ca
        for key, path in named.items():
            if not path.is_file():
                problems.add(
                    mine.line if mine is not None else 0,
                    f"applications.{application.name}.{key}",
                    "there is no such file",
                    expected=str(path),
                )
