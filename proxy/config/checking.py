"""What a config says that no key says alone: addresses, and files that are named."""

from __future__ import annotations

from proxy.config.model import Application, Config, Recording
from proxy.document import Node, Problems


def distinct_listeners(
    applications: tuple[Application, ...], root: Node, problems: Problems
) -> None:
    """Report two applications that would listen at one address."""
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


def applications_complete(config: Config, root: Node, problems: Problems) -> None:
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


def shadow_alone(config: Config, root: Node, problems: Problems) -> None:
    """Report what would keep or look for persons while nothing of them is recorded."""
    if config.recording is not Recording.SHADOW:
        return
    for key, given in (("quarantine", config.quarantine), ("canary", config.canary)):
        node = root.get(key)
        if given is not None and node is not None:
            problems.add(
                node.line,
                key,
                "does not go with recording: shadow",
                expected="no " + key + ", or recording: full",
            )
