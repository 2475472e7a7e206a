"""What a sidecar is told, as values.

One dataclass per mapping of the config file; defaults and their reasons stand
in docs/configuration.md, reading and checking in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from proxy.document import Address
from proxy.retention.policy import Retention


class ClientCertificates(Enum):
    """Whether browsers are asked for a certificate."""

    IGNORE = "ignore"
    REQUEST = "request"
    """Asked for; none is demanded, and any is taken. Whether one is believed is
    the rule set's (``client_certificate``)."""


class Pseudonyms(Enum):
    """What stands for a client in what is recorded; docs/keys.md."""

    KEYED = "keyed"
    """A keyed hash; the id beside it, encrypted."""
    PLAIN = "plain"
    """A hash without a key; the id beside it as it is."""


class Recording(Enum):
    """How much is recorded: a step of the roll-out."""

    FULL = "full"
    SHADOW = "shadow"
    """Pages, bytes and gaps, nothing of persons (``proxy.shadow``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsListen:
    """The certificate shown to browsers."""

    certificate: Path
    """PEM, leaf first, chain after it."""
    key: Path
    client_certificates: ClientCertificates = ClientCertificates.IGNORE


class TlsMinimum(Enum):
    """Lowest version of TLS spoken with an application."""

    TLS10 = "1.0"
    TLS11 = "1.1"
    TLS12 = "1.2"
    TLS13 = "1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsUpstream:
    """How the application's certificate is verified; there is no way not to."""

    ca: Path | None
    """PEM of a private authority; None means the system's."""
    server_name: str
    """Name that must be in the certificate, also sent as SNI."""
    minimum: TlsMinimum = TlsMinimum.TLS12
    ciphers: str | None = None
    """OpenSSL's words for those of TLS 1.2 and below."""


class TransparentMethod(Enum):
    """How the kernel leads the application's connections to the sidecar."""

    REDIRECT = "redirect"
    TPROXY = "tproxy"
    """As the other, but the application sees the client's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparent:
    """Neither browser nor application is told of the sidecar."""

    method: TransparentMethod
    destinations: tuple[Address, ...]
    """Where the application is; connections to these are led here."""


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
    transparent: Transparent | None = None


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
class GateBounds:
    """How long and how much a wire holds for rules with ``assurance: gate``."""

    deadline: float
    """Seconds the recorder may take; then the rule's ``on_failure`` decides."""
    connection: int
    """Bytes held of one connection; above, a response is read as far as it is."""
    total: int
    """Bytes held per wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalBounds:
    """How much evidence the disk holds while the store is away."""

    most: int
    segment: int


class AnchorKind(Enum):
    """What a seal is anchored with; the value is its key in the config file."""

    DIRECTORY = "directory"
    """A mount that forbids change."""
    HTTP = "http"
    """A receiver: POST of the seal."""
    TIMESTAMP = "timestamp"
    """A time-stamping authority (RFC 3161)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorPlace:
    """One place off the host."""

    kind: AnchorKind
    where: str
    """A path or a URL. A URL may hold a token: it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """How the journal is sealed."""

    enabled: bool
    key: Path
    """Ed25519 private key, PEM."""
    every: float
    """Seconds."""
    anchors: tuple[AnchorPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """Sidecars whose rows are compared, so that a session is known on all of them."""

    nodes: tuple[str, ...]
    clock_skew: float
    """Seconds by which two of their clocks may differ."""
    every: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ldv:
    """Where the lines for citizens are sent."""

    otlp: str
    """URL of an OTLP/HTTP receiver's traces. It may hold a token: it is not told."""
    token_file: Path | None
    """What is sent as a bearer token."""
    ca: Path | None
    """PEM of the authority of that address; None: the system's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A test account that opens a test client, and the view that must follow."""

    application: str
    url: str | None
    """Where users find it; None: where this sidecar listens for it."""
    ca: Path | None
    """PEM of the authority of that address; None: the system's."""
    login: str
    """Path of the login form."""
    fields: tuple[tuple[str, str], ...]
    """What is filled in, besides the password."""
    password_field: str
    password_file: Path
    page: str
    """Path of the page that shows the client."""
    subject_type: str
    client: str
    """Its id, as the rule set reads it from the page."""
    account: str
    """The name the view must have."""
    every: float
    """Seconds between two runs."""
    within: float
    """Seconds after which the view must be in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantining:
    """How responses that no rule read are kept."""

    key: Path
    """Public X25519 key, PEM."""
    most: int
    """Bytes on disk."""
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAccess:
    """Where the store is; with ``embedded``, it is served by this sidecar."""

    embedded: bool
    url: str
    user: str
    password_file: Path
    database: str
    cluster: str = ""
    """Tables are replicated and distributed over this cluster; empty: one server."""
    retention: Retention = field(default_factory=Retention)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """Where the admin server answers."""

    listen: Address
    token_file: Path | None
    """What a caller must send as a bearer token; None only on loopback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Where the question service answers, and whom."""

    listen: Address
    people: Path
    """Names with hashed tokens."""
    certificate: Path | None
    """PEM, leaf first; None only on loopback."""
    key: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Where metrics are pushed."""

    otlp: str
    """URL of an OTLP/HTTP receiver's metrics, such as http://host:4318/v1/metrics."""
    interval: float
    """Seconds between two pushes."""


class PushKind(Enum):
    """How findings reach a SIEM; the value is its key in the config file."""

    HTTP = "http"
    SYSLOG = "syslog"
    """RFC 5424 over TCP (RFC 6587, octet counting)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Where findings are sent."""

    kind: PushKind
    url: str
    """May hold a token: it is not told."""
    address: Address | None
    token_file: Path | None
    """What is sent as a bearer token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detecting:
    """How detections are run."""

    thresholds: Path | None
    every: float
    """Seconds between two runs."""
    review_within: float
    """Seconds within which a finding is agreed to be reviewed."""
    push: Push | None = None


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
    gate: GateBounds
    journal: JournalBounds
    store: StoreAccess
    seals: Sealing
    recording: Recording = Recording.FULL
    pseudonyms: Pseudonyms = Pseudonyms.KEYED
    handover: float = 600.0
    """Seconds that wires which were succeeded may take for their connections."""
    reconcile_every: float = 900.0
    """Seconds between two accounts of what was seen and what is stored."""
    admin: Admin | None = None
    telemetry: Telemetry | None = None
    across: Across | None = None
    quarantine: Quarantining | None = None
    asking: Asking | None = None
    canary: Canary | None = None
    detections: Detecting | None = None
    ldv: Ldv | None = None

    @property
    def plain_ids(self) -> bool:
        """Whether ids of clients are kept as they are."""
        return self.pseudonyms is Pseudonyms.PLAIN

    @property
    def speaks_for_clients(self) -> bool:
        """Whether wires reach an application in its clients' name."""
        tproxy = TransparentMethod.TPROXY
        return any(
            each.transparent is not None and each.transparent.method is tproxy
            for each in self.applications
        )

    @property
    def inquiry_directory(self) -> Path:
        """Where the question service has its journal and its seals."""
        return self.state / "questions"

    @property
    def asked_directory(self) -> Path:
        """Where commands that ask the store themselves have theirs."""
        return self.state / "asked"

    @property
    def tap_socket(self) -> Path:
        """Where the recorder listens for wires."""
        return self.state / "tap.sock"

    @property
    def journal_directory(self) -> Path:
        """Where the journal's segments are."""
        return self.state / "journal"

    @property
    def seal_directory(self) -> Path:
        """Where the sealer keeps the seals."""
        return self.state / "seals"

    @property
    def quarantine_directory(self) -> Path:
        """Where responses that no rule read are kept."""
        return self.state / "quarantine"

    @property
    def status_directory(self) -> Path:
        """Where each process writes what it says of itself."""
        return self.state / "status"

    @property
    def store_directory(self) -> Path:
        """Where the embedded store keeps its data."""
        return self.state / "store"
