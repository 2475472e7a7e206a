"""``python -m proxy.telemetry``: prints the reference of the metrics."""

import sys

from proxy.telemetry.reference import page

if __name__ == "__main__":
    sys.stdout.write(page())
