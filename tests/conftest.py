"""Fixtures that tests of several parts share, and how many examples properties try."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.embedded", "tests.support.office_rows"]

# No example fails for its time: that would be an assertion on the clock of a host that
# does other things too. A blob in the output tries the same example again.
settings.register_profile(
    "usual",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("deep", settings.get_profile("usual"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
