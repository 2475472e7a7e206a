"""The processes of a config: which, in what order, and what is refused first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proxy.app.sidecar import ROLES, run, specs
from proxy.config import Across, Canary, Config, Ldv, load
from proxy.config.model import Asking
from proxy.document import Address
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Two wires and an embedded store."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(tmp_path, [front], wires=2))


def test_whoever_receives_is_started_before_whoever_sends(config: Config) -> None:
    """And ended after it: the order of ending is the reverse."""
    order = [spec.role for spec in specs(config, {"tickets": 9})]

    assert order == ["store", "sealer", "shipper", "recorder", "wire-0", "wire-1"]
    wanted = set(ROLES) - {
        "across",
        "admin",
        "canary",
        "detections",
        "ldv",
        "questions",
    }
    assert {role.split("-")[0] for role in order} == wanted


def test_nodes_are_compared_by_the_one_that_lists_them(config: Config) -> None:
    """A process of its own, and only there."""
    across = Across(nodes=("a", "b"), clock_skew=2.0, every=60.0)

    order = [spec.role for spec in specs(replace(config, across=across), {})]

    assert order[order.index("shipper") + 1] == "across"


def test_lines_for_citizens_are_sent_by_a_process_of_their_own(config: Config) -> None:
    """When there is somewhere to send them, and ended after the recorder."""
    ldv = Ldv(otlp="http://127.0.0.1:4318/v1/traces", token_file=None, ca=None)

    order = [spec.role for spec in specs(replace(config, ldv=ldv), {})]

    assert order.index("shipper") < order.index("ldv") < order.index("recorder")


def test_a_canary_is_started_after_what_it_looks_at(config: Config) -> None:
    """And ended before it."""
    canary = Canary(
        application="tickets",
        url=None,
        ca=None,
        login="/login",
        fields=(),
        password_field="password",
        password_file=config.file,
        page="/client/1",
        subject_type="client",
        client="1",
        account="canary",
        every=900.0,
        within=60.0,
    )

    order = [spec.role for spec in specs(replace(config, canary=canary), {})]

    assert order[-1] == "canary"


def test_the_question_service_runs_where_it_is_configured(config: Config) -> None:
    """After what records: nobody who works waits for whoever asks."""
    asking = Asking(
        listen=Address("127.0.0.1", 8741),
        people=config.file,
        certificate=None,
        key=None,
    )

    order = [spec.role for spec in specs(replace(config, asking=asking), {})]

    assert order.index("wire-1") < order.index("questions")


def test_a_certificate_it_cannot_answer_with_is_refused_at_the_start(
    config: Config,
) -> None:
    """Before anything runs, as the applications' own."""
    asking = Asking(
        listen=Address("127.0.0.1", 8741),
        people=config.file,
        certificate=config.file,
        key=config.file,
    )

    with pytest.raises(UsageError, match="no certificate with its key"):
        run(replace(config, asking=asking), frozenset({"questions"}), only_check=True)


def test_every_process_runs_this_config(config: Config) -> None:
    """As commands that can be run alone."""
    for spec in specs(config, {}):
        assert list(spec.argv[1:3]) == ["-m", "proxy"]
        assert list(spec.argv[-2:]) == ["--config", str(config.file)]


def test_wires_inherit_the_listening_sockets(config: Config) -> None:
    """The same descriptors for every wire, and for nobody else."""
    for spec in specs(config, {"tickets": 9}):
        wire = spec.role.startswith("wire-")
        assert ("tickets=9" in spec.argv) is wire
        assert (tuple(spec.descriptors) == (9,)) is wire


def test_a_wire_has_time_to_drain(config: Config) -> None:
    """It is killed only after the drain it was promised."""
    long = replace(config, drain=600.0)

    graces = {spec.role: spec.grace for spec in specs(long, {})}

    assert graces["wire-0"] > 600.0
    assert graces["recorder"] < 600.0


def test_nobody_waits_for_the_store(config: Config) -> None:
    """A store that cannot start must not keep users from the application."""
    waited = {spec.role for spec in specs(config, {}) if spec.ready is not None}

    assert waited == {"recorder", "wire-0", "wire-1"}


def test_a_store_of_somebody_else_is_not_run_here(config: Config) -> None:
    """ClickHouse runs elsewhere."""
    other = replace(config, store=replace(config.store, embedded=False))

    assert "store" not in [spec.role for spec in specs(other, {})]


def test_a_process_that_said_nothing_lately_is_not_ready(config: Config) -> None:
    """A report of an earlier run is nobody's."""
    config.status_directory.mkdir(parents=True)
    (config.status_directory / "recorder.json").write_text(
        '{"role": "recorder", "pid": 1, "at": 0, "figures": {}}'
    )

    (recorder,) = (spec for spec in specs(config, {}) if spec.role == "recorder")

    assert recorder.ready is not None
    assert not recorder.ready()


def test_wrong_rules_are_refused_before_anything_is_made(
    tmp_path: Path, config: Config
) -> None:
    """No keys, no state, no process."""
    rules = tmp_path / "wrong.yaml"
    rules.write_text("application: tickets\n")
    wrong = replace(config.applications[0], rules=rules)

    with pytest.raises(UsageError, match=f"{rules}:1: records: missing"):
        run(replace(config, applications=(wrong,)))

    assert not config.state.exists()
