"""``python -m proxy.detections``: prints the page of the detections."""

import sys

from proxy.detections.reference import page

if __name__ == "__main__":
    sys.stdout.write(page())
