"""Debian's Prometheus, scraping what a test runs."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.sidecar import free_ports
from tests.support.debian import need
from tests.support.waiting import until


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running one."""

    url: str

    def ask(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series of an instant query."""
        query = urllib.parse.urlencode({"query": promql})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}") as answer:
            found: dict[str, Any] = json.load(answer)
        assert found["status"] == "success"
        return [
            (each["metric"], float(each["value"][1]))
            for each in found["data"]["result"]
        ]

    def until(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """The answer, once there is one."""
        until(lambda: self.ask(promql), f"an answer to {promql}", 30)
        return self.ask(promql)


@contextmanager
def prometheus(directory: Path, target: str) -> Iterator[Prometheus]:
    """One that scrapes ``host:port`` every second, until the block ends."""
    need("prometheus")
    (port,) = free_ports(1)
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "prometheus.yml"
    config.write_text(
        "scrape_configs:\n"
        "  - job_name: whosaw\n"
        "    scrape_interval: 1s\n"
        f"    static_configs: [{{targets: ['{target}']}}]\n"
    )
    subprocess.run(
        ["promtool", "check", "config", config], check=True, capture_output=True
    )
    with (directory / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    found = Prometheus(f"http://127.0.0.1:{port}")
    try:
        until(lambda: _ready(found.url), "Prometheus is ready", 30)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready") as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False
