"""Fixtures that tests of several parts share."""

pytest_plugins = ["tests.support.embedded", "tests.support.office_rows"]
