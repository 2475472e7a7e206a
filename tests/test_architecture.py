"""The house's own rules: layout, imports, types, style, and docs that are true.

``make test`` is all that CI runs, so what a tool would say is a test here.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from proxy.cli import MODULES
from proxy.errors import ExitCode

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SOURCES = ("proxy", "addons", "dashboards", "deploy")
MOST_LINES = 400
MOST_BYTES = 1_000_000

HELD_ELSEWHERE = {
    "tests/proxy/test_seal_key.py": {"proxy/key_pair.py"},
    # What these do shows only in what the parts do together.
    "tests/deploy/demo/application/test_vesta.py": {
        "deploy/demo/application/pages.py",
        "deploy/demo/application/server.py",
    },
    "tests/deploy/demo/application/test_clients.py": {
        "deploy/demo/application/staff.py",
    },
    "tests/e2e/test_demo_forms.py": {
        "deploy/demo/application/forms/api.py",
        "deploy/demo/application/forms/desk.py",
        "deploy/demo/application/forms/form.py",
        "deploy/demo/application/forms/jsonrpc.py",
        "deploy/demo/application/forms/soap.py",
        "deploy/demo/application/forms/webforms.py",
    },
    "tests/deploy/demo/test_process.py": {"deploy/demo/application/__main__.py"},
    "tests/e2e/test_reconcile.py": {
        "proxy/app/reconciling.py",
        "proxy/cli/reconcile.py",
    },
    "tests/proxy/app/test_questions.py": {"proxy/cli/questions.py"},
    "tests/proxy/store/test_roles.py": {"proxy/store/roles/__init__.py"},
    "tests/proxy/test_pipeline.py": {"proxy/connection_context.py"},
    "tests/proxy/store/test_subjects.py": {"proxy/retention/forgetting.py"},
    "tests/proxy/doctor/test_roles.py": {"proxy/doctor/forbidden.py"},
    "tests/contract/test_retention.py": {
        "proxy/app/retaining.py",
        "proxy/retention/due.py",
        "proxy/retention/held.py",
        "proxy/retention/holds.py",
        "proxy/retention/policy.py",
        "proxy/retention/run.py",
        "proxy/retention/seals.py",
        "proxy/verification/kept.py",
    },
    "tests/e2e/test_monitoring.py": {"proxy/app/admin.py"},
    "tests/e2e/test_canary.py": {"proxy/cli/canary.py"},
    "tests/proxy/telemetry/test_declared.py": {
        "proxy/telemetry/canary.py",
        "proxy/telemetry/ldv.py",
        "proxy/telemetry/process.py",
        "proxy/telemetry/sealer.py",
        "proxy/telemetry/shipper.py",
        "proxy/telemetry/wire.py",
    },
    "tests/e2e/test_transparent.py": {
        "addons/transparent.py",
        "proxy/cli/transparent.py",
        "proxy/transparent/guard.py",
        "proxy/transparent/wanted.py",
        "proxy/transparent/kernel.py",
        "proxy/transparent/leading.py",
    },
    "tests/e2e/test_handover.py": {"proxy/app/succeeding.py", "proxy/cli/reload.py"},
    "tests/e2e/test_bypass.py": {"proxy/app/passing.py", "proxy/cli/bypass.py"},
    "tests/proxy/transparent/test_nftables.py": {
        "proxy/transparent/iptables.py",
        "proxy/transparent/plan.py",
        "proxy/transparent/routing.py",
    },
    "tests/proxy/store/test_tables.py": {"proxy/store/row_of.py"},
    "tests/e2e/test_ldv.py": {"proxy/app/ldv.py", "proxy/config/ldv.py"},
    "tests/proxy/ldv/test_sender.py": {"proxy/ldv/receiver.py"},
    "tests/proxy/cli/test_client_report.py": {"proxy/cli/saving.py"},
    "tests/proxy/reports/test_client.py": {
        "proxy/reports/page.py",
        "proxy/reports/shown.py",
        "proxy/reports/table.py",
    },
    "tests/proxy/exports/test_exports.py": {
        "proxy/exports/lines.py",
        "proxy/exports/ocsf.py",
        "proxy/exports/slices.py",
    },
    "tests/proxy/config/test_reading.py": {
        "proxy/config/applications.py",
        "proxy/config/checking.py",
        "proxy/config/model.py",
        "proxy/config/sealing.py",
    },
    "tests/proxy/attribution/test_across.py": {"proxy/attribution/histories.py"},
    "tests/proxy/attribution/test_attribute.py": {
        "proxy/attribution/asked.py",
        "proxy/attribution/facts.py",
        "proxy/attribution/observed.py",
        "proxy/attribution/observing.py",
        "proxy/attribution/settling.py",
    },
    "tests/proxy/attribution/test_confirmation.py": {"proxy/attribution/page.py"},
    "tests/proxy/attribution/test_claims.py": {
        "proxy/attribution/schemes/accompanying.py",
        "proxy/attribution/schemes/account.py",
        "proxy/attribution/schemes/names.py",
    },
    "tests/proxy/attribution/schemes/test_header.py": {"proxy/attribution/places.py"},
    "tests/proxy/attribution/schemes/test_form.py": {
        "proxy/attribution/schemes/registry.py",
    },
    "tests/proxy/attribution/schemes/test_saml.py": {
        "proxy/attribution/schemes/saml_assertion.py",
        "proxy/attribution/schemes/saml_document.py",
    },
    # A head, a body and a pair are only right where the next one begins.
    "tests/proxy/exchange/test_framing.py": {
        "proxy/exchange/chunked.py",
        "proxy/exchange/head.py",
        "proxy/exchange/pairing.py",
        "proxy/exchange/side.py",
    },
    "tests/proxy/exchange/test_body.py": {"proxy/exchange/content.py"},
    "tests/proxy/ruleset/test_header_identities.py": {"proxy/ruleset/identities.py"},
    "tests/proxy/taplink/test_link.py": {
        "proxy/taplink/answers.py",
        "proxy/taplink/stream.py",
    },
    # A gate is a word between two processes: right only where both are there.
    "tests/model/test_gate.py": {"proxy/exchange/standing.py"},
    # Declarations, with a property or a protocol among them.
    "tests/proxy/attribution/schemes/test_basic.py": {
        "proxy/attribution/schemes/base.py",
        "proxy/attribution/specs/headers.py",
    },
    "tests/proxy/attribution/test_names.py": {"proxy/attribution/specs/accounts.py"},
    "tests/proxy/attribution/test_windows.py": {"proxy/attribution/specs/windows.py"},
    "tests/proxy/ruleset/test_who.py": {"proxy/attribution/spec.py"},
    "tests/proxy/exchange/test_framing_properties.py": {"proxy/exchange/model.py"},
    "tests/proxy/extraction/test_extract.py": {
        "proxy/extraction/model.py",
        "proxy/extraction/selectors/base.py",
    },
    "tests/proxy/journal/test_writer.py": {"proxy/journal/model.py"},
    "tests/contract/test_store_contract.py": {"proxy/store/port.py"},
    # Boards and alerts are what they write, and questions that are answered.
    "tests/dashboards/test_files.py": {
        "dashboards/alerts.py",
        "dashboards/board.py",
        "dashboards/coverage.py",
        "dashboards/findings.py",
        "dashboards/inquiry.py",
        "dashboards/overview.py",
        "dashboards/panels.py",
        "dashboards/provisioning.py",
        "dashboards/sidecar.py",
        "dashboards/sources.py",
    },
    # What verification promises is that nothing planted is missed.
    "tests/contract/test_planted_tampering.py": {
        "proxy/verification/report.py",
        "proxy/verification/run.py",
        "proxy/verification/source.py",
        "proxy/verification/store.py",
        "proxy/verification/unsealed.py",
        "proxy/verification/workers.py",
    },
    "tests/proxy/cli/test_verify.py": {"proxy/verification/proving.py"},
}
"""Modules without a test of their own: where their promises are held."""

NOT_TEXT = {".png", ".ico", ".gif", ".jpg", ".woff2"}


@cache
def tracked() -> tuple[Path, ...]:
    """Files of the project: what git has, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what belongs to the project is not known")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def sources() -> list[Path]:
    """Python files of the four packages."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in SOURCES
    ]


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text file of the project."""
    for path in tracked():
        if path.suffix not in NOT_TEXT:
            yield str(path.relative_to(ROOT)), path.read_text(errors="replace")


def pages() -> list[Path]:
    """The pages people read."""
    return [path for path in tracked() if path.suffix == ".md"]


def tool(*words: str) -> None:
    """Run a tool of the virtual environment; fail with what it says."""
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"


def test_ruff_finds_nothing() -> None:
    """Every rule, with a reason at each exception."""
    tool("ruff", "check", "--quiet", ".")


def test_everything_is_formatted() -> None:
    """One format, and nobody argues."""
    tool("ruff", "format", "--check", "--quiet", ".")


@pytest.mark.timeout(600)
def test_mypy_finds_nothing() -> None:
    """Strict, tests included."""
    tool("mypy")


def test_imports_run_one_way() -> None:
    """Only ``addons`` imports mitmproxy; the pure core touches nothing outside."""
    tool("lint-imports")


def test_the_import_law_names_every_part() -> None:
    """A part that stands in no layer could import anything."""
    law = (ROOT / "pyproject.toml").read_text().split('name = "Imports run one way"')[1]
    layers = law.split("layers = [")[1].split("]")[0]

    named = set(re.findall(r"proxy\.(\w+)", layers))
    parts = {
        path.stem if path.suffix == ".py" else path.name
        for path in (ROOT / "proxy").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert parts - named <= {"__init__", "__main__"}


def test_every_module_has_its_test() -> None:
    """``proxy/exchange/framing.py`` → ``tests/proxy/exchange/test_framing.py``, or
    the test that is named for it above."""
    without = {
        str(path.relative_to(ROOT))
        for path in sources()
        if _has_code(path) and not _twin(path).exists()
    }
    elsewhere = set().union(*HELD_ELSEWHERE.values())

    assert sorted(without - elsewhere) == [], "without a test"
    assert sorted(elsewhere - without) == [], "named above without need"
    assert [test for test in HELD_ELSEWHERE if not (ROOT / test).exists()] == []


def _twin(path: Path) -> Path:
    name = {"__init__": path.parent.name, "__main__": "main"}.get(path.stem, path.stem)
    return ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{name}.py"


def _has_code(path: Path) -> bool:
    """Whether it defines something that does something."""
    tree = ast.parse(path.read_text())
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(tree)
    )


def test_no_module_is_long() -> None:
    """One purpose each; above that an ADR says why."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }

    assert long == {}


def test_every_module_says_what_it_is() -> None:
    """Purpose first, in a docstring; tests too."""
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix == ".py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_every_test_says_what_is_promised() -> None:
    """A name that is a sentence, and a docstring that is the promise."""
    silent = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in tracked()
        if path.suffix == ".py" and path.name.startswith("test_")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


def test_no_file_is_large() -> None:
    """What is large is made, not kept."""
    large = [str(path) for path in tracked() if path.stat().st_size > MOST_BYTES]

    assert large == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"/(?:work|root|Users)/\w",
        r"/home/\w+/",
        r"(?:index-url|extra-index|trusted-host|find-links)",
        r"https?://(?:\w+\.)*py" + r"pi\.",
    ],
)
def test_no_file_names_a_machine_or_an_index(pattern: str) -> None:
    """The project is the same wherever it stands."""
    mine = f"tests/{Path(__file__).name}"
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if name != mine and (match := re.search(pattern, text))
    ]

    assert found == []


def test_every_config_key_is_documented_and_every_documented_key_exists() -> None:
    """``docs/configuration.md`` against ``proxy/config/``."""
    page = (ROOT / "docs" / "configuration.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    documented = {
        part
        for row in rows
        for key in re.findall(r"`([^`]+)`", row)
        for part in key.strip(".").split(".")
        if part != "NAME"
    }

    assert _config_keys() == documented


def _config_keys() -> set[str]:
    """Texts that ``proxy/config/`` asks a mapping for."""
    readers = {
        "text",
        "texts",
        "integer",
        "duration",
        "size",
        "path",
        "flag",
        "url",
        "address",
        "child",
        "entries",
        "elements",
        "required",
        "choice",
    }
    keys = set()
    modules = sorted((ROOT / "proxy" / "config").glob("*.py"))
    trees = [ast.parse(module.read_text()) for module in modules]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if not isinstance(node, ast.Call):
            continue
        method = isinstance(node.func, ast.Attribute) and node.func.attr in readers
        under = isinstance(node.func, ast.Name) and node.func.id == "_under"
        words = node.args[:1] if method else node.args[2:3] if under else []
        for word in words:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                keys.add(word.value)
    return keys


def test_every_command_and_exit_code_is_documented() -> None:
    """``docs/operations.md`` against the command line."""
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    first = "\n".join(row.split("|")[1] for row in rows)

    commands = [*(name for name in MODULES if name != "rules"), "rules check"]
    missing = [
        name
        for name in [*commands, "rules explain"]
        if not re.search(rf"`(?:whosaw )?{name}\b", first)
    ]
    codes = [f"| {code.value} |" in page for code in ExitCode]

    assert missing == []
    assert all(codes)


def test_every_link_leads_somewhere() -> None:
    """Files and headings of this project; others are left alone."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page))
        if not re.match(r"[a-z]+:", target) and not _leads(page, target)
    ]

    assert broken == []


def _leads(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists():
        return False
    if not anchor:
        return True
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
    return anchor in slugs


def _prose(page: Path) -> str:
    """Without what is shown as code."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def test_every_file_a_page_names_exists() -> None:
    """Where something goes, and where something is."""
    missing = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages()
        for name in re.findall(
            r"`((?:proxy|addons|deploy|tests|docs|dashboards)/[\w/.-]*\w)`",
            page.read_text(),
        )
        if "NNN" not in name and not (ROOT / name).exists()
    ]

    assert missing == []


def test_the_commands_the_readme_shows_exist() -> None:
    """What a stranger types first."""
    readme = (ROOT / "README.md").read_text()
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", readme, re.DOTALL | re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()

    targets = re.findall(r"^make ([a-z-]+)$", blocks, re.MULTILINE)
    commands = re.findall(r"^(?:\$ )?whosaw ([a-z-]+)", blocks, re.MULTILINE)

    assert {"demo", "test"} <= set(targets)
    assert [
        t for t in targets if not re.search(rf"^{t}:", makefile, re.MULTILINE)
    ] == []
    assert [c for c in commands if c not in MODULES] == []


def test_ci_runs_the_readmes_test_command() -> None:
    """Nothing is held to more, or to less, than what a stranger can run."""
    assert "exec make test\n" in (ROOT / ".ci" / "run").read_text()
