"""The config file: strict, every mistake at once, nothing half read."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from proxy.config import AnchorKind, ClientCertificates, Config, Sealing, load, read
from proxy.document import Address, Problems
from proxy.errors import ExitCode, UsageError

EXAMPLES = Path(__file__).parents[3] / "deploy" / "examples"


def _read(tmp_path: Path, text: str) -> tuple[Config | None, list[str]]:
    (tmp_path / "rules.yaml").write_text("application: a\n")
    problems = Problems("whosaw.yaml")
    config = read(text, tmp_path / "whosaw.yaml", problems)
    return config, [str(problem) for problem in problems]


MINIMAL = """\
applications:
  tickets:
    rules: rules.yaml
    listen: 127.0.0.1:8080
    upstream: http://127.0.0.1:9000
"""


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/whosaw.yaml")), ids=str)
def test_every_example_loads(path: Path) -> None:
    """What we show people works."""
    config = load(path)

    assert config.applications


def test_a_minimal_config_has_defaults_for_the_rest(tmp_path: Path) -> None:
    """Three keys of one application are enough."""
    config, problems = _read(tmp_path, MINIMAL)

    assert problems == []
    assert config is not None
    assert config.applications[0].upstream == Address("127.0.0.1", 9000)
    assert config.store.embedded
    assert config.state == tmp_path / "var"
    assert config.applications[0].idle_timeout is None


def test_a_node_may_be_called_as_its_host(tmp_path: Path) -> None:
    """One file for many sidecars, each with a name of its own."""
    config, problems = _read(tmp_path, 'node: "{hostname}"\n' + MINIMAL)

    assert problems == []
    assert config is not None
    assert config.node == socket.gethostname().split(".")[0]


def test_shadow_keeps_no_bodies_and_looks_for_nobody(tmp_path: Path) -> None:
    """Responses in quarantine are full of persons; a canary's view is one."""
    more = "recording: shadow\nquarantine: {key: rules.yaml}\n"
    _, problems = _read(tmp_path, more + MINIMAL)

    (problem,) = problems
    assert problem.startswith("whosaw.yaml:2: quarantine: does not go with recording:")


def test_ids_are_plain_only_when_the_config_says_so(tmp_path: Path) -> None:
    """Another word is a mistake, not a default."""
    keyed, _ = _read(tmp_path, MINIMAL)
    plain, _ = _read(tmp_path, "pseudonyms: plain\n" + MINIMAL)
    _, problems = _read(tmp_path, "pseudonyms: none\n" + MINIMAL)

    assert keyed is not None
    assert plain is not None
    assert (keyed.plain_ids, plain.plain_ids) == (False, True)
    assert (
        problems == ["whosaw.yaml:1: pseudonyms: 'none' is not one of keyed, plain"]
        or "pseudonyms" in problems[0]
    )


def test_every_mistake_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    """One run shows all there is to correct."""
    _, problems = _read(
        tmp_path,
        """\
node: "not a name"
wires: many
aplications: {}
applications:
  tickets:
    rules: nowhere.yaml
    listen: 8080
    upstream: http://127.0.0.1:9000/app
    connect_timeout: fast
""",
    )

    assert [problem.split(":")[1] for problem in problems] == sorted(
        problem.split(":")[1] for problem in problems
    )
    text = "\n".join(problems)
    for line, key in [
        (1, "node"),
        (2, "wires"),
        (3, "aplications"),
        (7, "listen"),
        (8, "upstream"),
        (9, "connect_timeout"),
    ]:
        assert any(p.startswith(f"whosaw.yaml:{line}:") and key in p for p in problems)
    assert "no such file" in text


def test_an_unknown_key_suggests_the_nearest_known_one(tmp_path: Path) -> None:
    """A slip of the pen is told what was probably meant."""
    _, problems = _read(tmp_path, MINIMAL + "wirs: 2\n")

    assert len(problems) == 1
    assert "did you mean wires" in problems[0]


def test_two_applications_cannot_share_an_address(tmp_path: Path) -> None:
    """The second listener would never be reached."""
    _, problems = _read(
        tmp_path,
        MINIMAL
        + """\
  other:
    rules: rules.yaml
    listen: 127.0.0.1:8080
    upstream: http://127.0.0.1:9001
""",
    )

    assert len(problems) == 1
    assert "address of tickets already" in problems[0]


def test_a_remote_store_needs_a_password_file(tmp_path: Path) -> None:
    """No default password for somebody else's server."""
    _, problems = _read(tmp_path, MINIMAL + "store: {url: 'http://ch:8123'}\n")

    assert len(problems) == 1
    assert "store.password_file" in problems[0]


def test_a_plain_upstream_has_no_certificate_to_verify(tmp_path: Path) -> None:
    """A key that would do nothing is a mistake, not a comment."""
    _, problems = _read(
        tmp_path, MINIMAL + "    upstream_tls: {server_name: tickets.example}\n"
    )

    assert len(problems) == 1
    assert "plain http" in problems[0]


def test_an_https_upstream_is_verified_by_its_own_name(tmp_path: Path) -> None:
    """There is no way to leave verification out."""
    config, problems = _read(
        tmp_path, MINIMAL.replace("http://127.0.0.1:9000", "https://app.example")
    )

    assert problems == []
    assert config is not None
    tls = config.applications[0].upstream_tls
    assert tls is not None
    assert tls.server_name == "app.example"
    assert config.applications[0].upstream.port == 443


def test_a_missing_file_is_a_usage_error_that_names_it(tmp_path: Path) -> None:
    """Exit code 2, nothing started."""
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "absent.yaml")

    assert caught.value.exit_code is ExitCode.USAGE
    assert "absent.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ClientCertificates.IGNORE),
        (", client_certificates: request", ClientCertificates.REQUEST),
    ],
)
def test_client_certificates_are_asked_for_only_when_told_so(
    line: str, expected: ClientCertificates, tmp_path: Path
) -> None:
    """A browser that is asked may show its user a question."""
    (tmp_path / "tls.pem").write_text("")
    tls = "    tls: {certificate: tls.pem, key: tls.pem" + line + "}\n"

    config, problems = _read(tmp_path, MINIMAL + tls)

    assert problems == []
    assert config is not None
    assert config.applications[0].tls is not None
    assert config.applications[0].tls.client_certificates is expected


def test_balancers_that_speak_the_proxy_protocol_are_listed(tmp_path: Path) -> None:
    """Networks or single addresses; anybody else's preamble is data."""
    listed = "    proxy_protocol: {peers: [10.0.0.0/8, 192.0.2.1]}\n"
    wrong = "    proxy_protocol: {peers: [10.0.0.1/8], from: x}\n"

    config, problems = _read(tmp_path, MINIMAL + listed)
    _, told = _read(tmp_path, MINIMAL + wrong)

    assert problems == []
    assert config is not None
    found = [str(each) for each in config.applications[0].proxy_protocol]
    assert found == ["10.0.0.0/8", "192.0.2.1/32"]
    assert len(told) == 2
    assert any("not a network" in str(problem) for problem in told)


def test_seals_are_made_unless_told_otherwise(tmp_path: Path) -> None:
    """Every minute, with a key in the state directory, anchored nowhere."""
    config, problems = _read(tmp_path, MINIMAL)

    assert problems == []
    assert config is not None
    assert config.seals == Sealing(
        enabled=True, key=config.state / "seal-key", every=60.0, anchors=()
    )


def test_anchors_are_listed_with_their_kind(tmp_path: Path) -> None:
    """One of three each; a directory counts from the folder of the file."""
    listed = """
seals:
  enabled: no
  key: keys/seal
  every: 10m
  anchors:
    - directory: anchors
    - http: https://anchor.example/seals
    - timestamp: https://tsa.example/
"""
    wrong = """
seals: {every: 1ms, anchors: [{directory: a, http: "https://b"}, {ftp: x}, {http: x}]}
"""

    config, problems = _read(tmp_path, MINIMAL + listed)
    _, told = _read(tmp_path, MINIMAL + wrong)

    assert problems == []
    assert config is not None
    assert not config.seals.enabled
    assert config.seals.key == tmp_path / "keys" / "seal"
    assert config.seals.every == 600.0
    assert [(each.kind, each.where) for each in config.seals.anchors] == [
        (AnchorKind.DIRECTORY, str(tmp_path / "anchors")),
        (AnchorKind.HTTP, "https://anchor.example/seals"),
        (AnchorKind.TIMESTAMP, "https://tsa.example/"),
    ]
    words = " ".join(str(problem) for problem in told)
    assert words.count("not one anchor") == 2
    assert "not a complete URL" in words
    assert "seals.every" in words


def test_old_tls_is_spoken_with_the_application_alone(tmp_path: Path) -> None:
    """By a version and ciphers that somebody wrote down; 1.2 otherwise."""
    secure = MINIMAL.replace("http://", "https://")
    said = "    upstream_tls: {minimum: '1.0', ciphers: 'ALL:@SECLEVEL=0'}\n"

    found = [_read(tmp_path, text)[0] for text in (secure, secure + said)]
    tls = [config and config.applications[0].upstream_tls for config in found]

    assert [each and (each.minimum.value, each.ciphers) for each in tls] == [
        ("1.2", None),
        ("1.0", "ALL:@SECLEVEL=0"),
    ]
