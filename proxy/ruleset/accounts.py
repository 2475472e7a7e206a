"""YAML → names of accounts and addresses of clients: ``names``, ``client_address``."""

from __future__ import annotations

from ipaddress import ip_network

from proxy.attribution.specs.accounts import ForwardedFor, NameRules, Network
from proxy.document import Fields, Problems

_HEADERS = ("x-forwarded-for", "forwarded")


def read_names(fields: Fields, problems: Problems) -> NameRules:
    """The ``names`` key of a rule set."""
    node = fields.child("names")
    if node is None:
        return NameRules()
    with Fields(node, problems) as names:
        aliases = names.path("aliases", None)
        return NameRules(
            ignore_case=names.flag("ignore_case", False),
            domains=names.texts("domains"),
            suffixes=names.texts("suffixes"),
            aliases=None if aliases is None else str(aliases),
        )


def read_client_address(fields: Fields, problems: Problems) -> ForwardedFor | None:
    """The ``client_address`` key of a rule set."""
    node = fields.child("client_address")
    if node is None:
        return None
    with Fields(node, problems) as outer:
        inner = outer.required("forwarded_for", "{peers: [10.0.0.0/8]}")
        if inner is None:
            return None
        with Fields(inner, problems) as forwarded:
            peers = read_networks(forwarded)
            header = forwarded.text("header", _HEADERS[0]).lower()
            if header not in _HEADERS:
                child = forwarded.child("header")
                assert child is not None
                forwarded.wrong(child, "not such a header", " or ".join(_HEADERS))
    return ForwardedFor(peers, header)


def read_networks(fields: Fields) -> tuple[Network, ...]:
    """The ``peers`` of a mapping; mistakes are noted."""
    found: list[Network] = []
    fields.required("peers", "their networks, such as 10.0.0.0/8")
    for node in fields.elements("peers"):
        try:
            found.append(ip_network(node.text))
        except ValueError:
            fields.wrong(node, "not a network", "such as 10.0.0.0/8 or 192.0.2.1")
    return tuple(found)
