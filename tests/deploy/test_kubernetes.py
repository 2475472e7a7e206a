"""The manifests, against the schemas of the API servers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from proxy.app.rulesets import load_all
from proxy.config import load
from tests.support import debian

HERE = Path(__file__).parents[2] / "deploy" / "kubernetes"
VERSIONS = ("1.29", "1.34")
"""The first with sidecars as they are used here, and a recent one."""


def built(name: str) -> list[dict[str, Any]]:
    """What kustomize makes of one of the directories."""
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl (its kustomize)")
    done = subprocess.run(
        ["kubectl", "kustomize", str(HERE / name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def resources() -> Iterator[dict[str, Any]]:
    """The resources as they stand in the files."""
    for file in sorted((HERE / "base").glob("*.yaml")):
        if file.name not in {"kustomization.yaml", "whosaw.yaml", "rules.yaml"}:
            yield from yaml.safe_load_all(file.read_text())


def pod(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """The pod of the StatefulSet among them."""
    (found,) = (each for each in manifests if each["kind"] == "StatefulSet")
    spec = found["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["base", "redirect"])
def test_the_api_takes_every_manifest(name: str, version: str) -> None:
    """Strictly: a field it does not know is a mistake."""
    for each in built(name):
        kubernetes_validate.validate(each, version, strict=True)


def test_a_field_it_does_not_know_is_refused() -> None:
    """The check above can fail."""
    (found,) = (each for each in resources() if each["kind"] == "Service")
    found["spec"]["portz"] = []

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(found, VERSIONS[0], strict=True)


def test_the_sidecar_is_there_before_the_application_and_after_it() -> None:
    """An init container that is restarted; it may do nothing but relay."""
    spec = pod(list(resources()))
    (sidecar,) = (each for each in spec["initContainers"] if each["name"] == "whosaw")

    assert sidecar["restartPolicy"] == "Always"
    confined = sidecar["securityContext"]
    assert confined["runAsNonRoot"]
    assert confined["readOnlyRootFilesystem"]
    assert confined["capabilities"] == {"drop": ["ALL"]}


def test_evidence_never_takes_a_pod_out_of_service() -> None:
    """Probes ask the users' port: what is not recorded is for alerts."""
    spec = pod(list(resources()))
    sidecar = spec["initContainers"][0]

    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert sidecar[probe]["tcpSocket"] == {"port": "users"}


def test_the_journal_outlives_the_pod() -> None:
    """A claim, not a directory of the pod."""
    (found,) = (each for each in resources() if each["kind"] == "StatefulSet")
    (claim,) = found["spec"]["volumeClaimTemplates"]
    mounts = pod([found])["initContainers"][0]["volumeMounts"]

    assert claim["metadata"]["name"] == "state"
    assert {"name": "state", "mountPath": "/var/lib/whosaw"} in mounts


def test_the_redirect_comes_first_and_may_only_set_up_the_network() -> None:
    """It ends before the sidecar starts."""
    spec = pod(built("redirect"))
    first, second = spec["initContainers"]

    assert (first["name"], second["name"]) == ("redirect", "whosaw")
    assert first["securityContext"]["capabilities"] == {
        "drop": ["ALL"],
        "add": ["NET_ADMIN"],
    }


def test_the_packet_filter_takes_the_redirect() -> None:
    """Nft itself, without changing anything."""
    debian.need("nftables")
    done = subprocess.run(
        ["nft", "--check", "--file", str(HERE / "redirect" / "redirect.nft")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("nft asks the kernel, which answers root only")

    assert done.returncode == 0, done.stderr


def test_the_sidecar_reads_its_config_and_rules(tmp_path: Path) -> None:
    """What the ConfigMap carries works, once the Secret is there."""
    text = (HERE / "base" / "whosaw.yaml").read_text()
    (tmp_path / "whosaw.yaml").write_text(
        text.replace("/etc/whosaw-secrets", str(tmp_path))
    )
    shutil.copy(HERE / "base" / "rules.yaml", tmp_path)
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).touch()

    config = load(tmp_path / "whosaw.yaml")

    assert set(load_all(config)) == {"tickets"}
