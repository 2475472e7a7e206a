"""``make golden``: write the expected results anew; the difference is reviewed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that `make golden` gives."""
    parser.addoption("--rewrite-golden", action="store_true", help="write them anew")
