"""A sidecar as monitoring sees it: probes, and a real Prometheus."""

from __future__ import annotations

import os
import signal
import socket
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from dashboards.alerts import ALERTS
from deploy.demo.sidecar import free_ports
from proxy.telemetry import INSTRUMENTS
from proxy.telemetry.reference import prometheus_name
from tests.support.boards import targets
from tests.support.certificates import Authority
from tests.support.prometheus import Prometheus, prometheus
from tests.support.sidecars import Front, Running, sidecar, whosaw
from tests.support.tickets import PASSWORD, RULES, Browser, tickets
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(180)


def ready(port: int) -> tuple[int, str]:
    """Status and text of ``/readyz``; 0 before it answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return 0, ""


def browse(running: Running) -> None:
    """Two accounts, three clients."""
    for account in ("joan", "rik"):
        with closing(Browser(running.port())) as browser:
            browser.login(account)
            assert browser.get("/client/31") == 200
    with closing(Browser(running.port())) as browser:
        assert browser.get("/client/32") in {200, 302, 403}


def _answered(running: Running, port: int) -> None:
    """A person is added, and asks the service that ``whosaw run`` keeps alive."""
    token = running.config.state / "joan-token"
    config = ("--config", running.config.file)
    whosaw("questions", "--add", "joan", "--token-file", token, *config)
    done = whosaw(
        *("question", "gaps", "--reason", "case 7", "--token-file", token),
        *("--service", f"http://127.0.0.1:{port}"),
    )
    assert done.returncode == 0, done.stderr


def test_prometheus_scrapes_a_run_and_no_person_is_in_it(tmp_path: Path) -> None:
    """What is recorded, by strength; all processes up; no name in any label."""
    port, asking = free_ports(2)
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        more = (
            f"admin: {{listen: 127.0.0.1:{port}}}\ndetections: {{every: 1h}}\n"
            f"questions: {{listen: 127.0.0.1:{asking}}}"
        )
        with sidecar(tmp_path, [front], more=more) as running:
            browse(running)
            with prometheus(tmp_path / "prometheus", f"127.0.0.1:{port}") as asked:
                confirmed = asked.until(
                    'whosaw_exchanges_total{whosaw_strength="confirmed"} > 0'
                )
                _answered(running, asking)
                answered = asked.until("whosaw_questions_answered_total > 0")
                ran = asked.until("whosaw_detections_runs_total > 0")
                up = asked.ask("whosaw_process_up")
                labels = everything(asked)

    assert sum(value for _, value in confirmed) >= 1
    assert {labels["whosaw_role"] for labels, _ in up} >= {
        "wire-0",
        "recorder",
        "shipper",
        "store",
        "admin",
        "sidecar",
        "detections",
        "questions",
    }
    assert [value for _, value in (*answered, *ran)] == [1.0, 1.0]
    declared = {prometheus_name(each) for each in INSTRUMENTS}
    assert {name for name, _ in labels if name.startswith("whosaw_")} <= declared
    assert not [each for each in labels if "joan" in each[1] or each[1] == "31"]


def test_the_panels_and_alerts_of_operations_answer_from_a_scraped_run(
    tmp_path: Path,
) -> None:
    """Every PromQL of every board; of the alerts only those that were provoked.

    The certificates of the tests are good for three days.
    """
    (port,) = free_ports(1)
    shown = Authority(tmp_path).issue("127.0.0.1")
    more = (
        f"admin: {{listen: 127.0.0.1:{port}}}\n"
        "seals: {every: 1s}\nreconcile: {every: 1s}\n"
        "canary: {application: tickets, login: /login, fields: {username: canary}, "
        "password_file: canary-password, page: /client/4711, client: '4711', "
        "account: canary, every: 1s}"
    )
    (tmp_path / "state").mkdir()
    secret = tmp_path / "state" / "canary-password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    with tickets() as application:
        plain = Front(name="tickets", rules=RULES, upstream=application.url)
        tls = f"tls: {{certificate: {shown.certificate}, key: {shown.key}}}"
        secure = Front(name="s", rules=RULES, upstream=application.url, more=tls)
        with sidecar(tmp_path / "state", [plain, secure], more=more) as running:
            browse(running)
            babble(running.port())
            with prometheus(tmp_path / "prometheus", f"127.0.0.1:{port}") as asked:
                for panel in (each for each in targets() if each.kind != "alert"):
                    if panel.promql:
                        asked.until(panel.promql.replace("$__rate_interval", "5s"))
                rules = [alert for alert in ALERTS if not alert.of_store]
                answers = {rule.name: asked.until(rule.asks) for rule in rules}

    assert len(rules) >= 8
    assert {
        rule.name
        for rule in rules
        if any(value > rule.above for _, value in answers[rule.name])
    } == {"gap-opened", "certificate-ends"}


def babble(port: int) -> None:
    """What is no HTTP, in a connection of its own: a gap."""
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(b"this is no request\r\n\r\n")
        while connection.recv(4096):
            pass


def everything(asked: Prometheus) -> list[tuple[str, str]]:
    """Every name of a metric of ours with every label value under it."""
    series = asked.ask('{job="whosaw"}')
    return [
        (labels["__name__"], value)
        for labels, _ in series
        if labels["__name__"].startswith(("whosaw_", "process_"))
        for name, value in labels.items()
        if name not in {"__name__", "instance", "job"}
    ]


def test_a_sidecar_whose_recorder_hangs_is_not_ready_and_then_is(
    tmp_path: Path,
) -> None:
    """The probe says why, and nothing has to be restarted for it."""
    (port,) = free_ports(1)
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        more = f"admin: {{listen: 127.0.0.1:{port}}}"
        with sidecar(tmp_path, [front], more=more) as running:
            until(lambda: ready(port)[0] == 200, "it is ready", 30)
            recorder = running.pid("recorder")
            os.kill(recorder, signal.SIGSTOP)
            try:
                until(lambda: ready(port)[0] == 503, "it is not ready", 30)
                why = ready(port)[1]
            finally:
                os.kill(recorder, signal.SIGCONT)
            until(lambda: ready(port)[0] == 200, "it is ready again", 30)

    assert "the recorder is not running" in why
