"""What the sidecar tells monitoring about itself, declared once.

``declared`` holds every instrument with its name, unit and description;
``meters`` hands them to opentelemetry-sdk; ``reference`` writes them down as
docs/metrics.md. The values come from the reports that every process writes once
a second (``proxy.status``): nothing is counted for monitoring where bytes pass.

No attribute names an employee or a client: an instrument may only carry the
attributes it declares, and those hold names of the configuration and enums.
"""

from proxy.telemetry.declared import INSTRUMENTS
from proxy.telemetry.instrument import Instrument, Kind, Point, Reports

__all__ = ["INSTRUMENTS", "Instrument", "Kind", "Point", "Reports"]
