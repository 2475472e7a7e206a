"""Which subjects an exchange showed, and what data of them.

Pure: a rule and a ``View`` of the exchange in, ``Extracted`` out. ``extract``
never raises on what the traffic holds; what cannot be read ends in a status
with a reason, never in silence.

Where things go:

* a new body dialect: a module in ``bodies``, an entry in ``bodies.READERS``;
* a body that holds other bodies (parts, PDF): ``opened``;
* a new selector: a module in ``selectors`` (a frozen dataclass with ``values``
  and, where it can find rows, ``rows``); ``proxy.ruleset.selectors`` gives it
  its words in the rule language;
* a new sign of personal data: ``signs``.

Responses are read once: a ``View`` keeps the decoded text and every parsed
document for all selectors that look at it.
"""

from proxy.extraction.extract import extract
from proxy.extraction.model import (
    Assurance,
    Category,
    Extracted,
    Found,
    OnFailure,
    Reading,
    RecordRule,
    Subject,
)
from proxy.extraction.settings import Settings
from proxy.extraction.unmapped import path_template, set_aside, unmapped
from proxy.extraction.view import Unreadable, View

__all__ = [
    "Assurance",
    "Category",
    "Extracted",
    "Found",
    "OnFailure",
    "Reading",
    "RecordRule",
    "Settings",
    "Subject",
    "Unreadable",
    "View",
    "extract",
    "path_template",
    "set_aside",
    "unmapped",
]
