"""Instruments of the question service: who was not answered, and is it recorded?

Absent where there is none. No person and no question is named.
"""

from __future__ import annotations

from functools import partial

from proxy.telemetry.instrument import (
    ROLE,
    Instrument,
    Kind,
    failing,
    reported,
)

_counter = partial(reported, Kind.COUNTER, "questions")


QUESTIONS = (
    Instrument(
        "whosaw.questions.failing",
        Kind.GAUGE,
        "1",
        "1 while inquiries wait to be sealed or to reach the store; status says why.",
        (ROLE,),
        failing("questions", "seal_error", "last_error"),
    ),
    _counter("whosaw.questions.answered", "{question}", "answered", "Answers given."),
    _counter(
        "whosaw.questions.unrecorded",
        "{question}",
        "unrecorded",
        "Questions without an answer, because the inquiry could not be recorded.",
    ),
    _counter(
        "whosaw.questions.turned_away",
        "{question}",
        "turned_away",
        "Questions above what is served at once.",
    ),
    _counter(
        "whosaw.questions.refused",
        "{question}",
        "refused",
        "Questions of somebody unknown: a wrong token, or too many of them.",
    ),
)
