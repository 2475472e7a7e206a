"""Bounds and defaults of reading bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from proxy.extraction.bodies.pdf import PdfLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Bounds and defaults of reading bodies, one per rule set."""

    charset: str = "windows-1252"
    """Label for text that declares no charset and is not valid UTF-8."""
    rows: int = 200_000
    """Rows read of one response: more than an application has clients, as a rule."""
    stream_bytes: int = 48 << 20
    """Ids kept of one response that is read as it passes: 200,000 of 70 characters."""
    identifier: int = 256
    """Characters of a subject id; longer ones are no ids but misread text."""
    session_segment: re.Pattern[str] | None = None
    """Path segments that hold a session key, which rules and paths do not see."""
    pdf: PdfLimits = field(default_factory=PdfLimits)
    """Bounds of reading a PDF."""
    regex_seconds: float = 0.25
    """CPU time one pattern may take on one response: 1,000 times what a sane
    one needs on a page."""
