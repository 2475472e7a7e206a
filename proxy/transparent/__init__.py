"""The kernel's rules that lead an application's connections to the sidecar.

``plan``: which addresses, from the config; ``nftables``, ``iptables`` and
``routing``: the words for them, pure; ``kernel`` says them (an edge) and
``leading`` puts rules there and takes them away again, whole or not at all.

The wire's part of it is ``addons.transparent``; docs/transparent.md is for people.
"""
