"""Helpers shared by the tests: waiting, ports, real peers, fakes of ports."""
