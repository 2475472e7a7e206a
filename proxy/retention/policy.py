"""How long each table keeps its rows, and why. Pure.

Every table of the store stands here, or in ``FOR_GOOD`` with the reason why it is
never erased; a test compares them with the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DAY = 86_400.0
EVERY = DAY / 4
"""Between two runs: a hold's release is carried out within a day even when a run
fails twice."""

FIVE_YEARS = 1826 * DAY
QUARTER_MORE = 1918 * DAY
TEN_YEARS = 3652 * DAY


@dataclass(frozen=True, slots=True)
class Period:
    """What a table keeps."""

    at: str
    """The column that counts where a node seals nothing."""
    seconds: float
    reason: str


PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        "views": Period(
            "started_at", FIVE_YEARS, "NEN 7513: at least five years from recording"
        ),
        "exchanges": Period(
            "started_at", FIVE_YEARS, "what a view is of, and what was not read"
        ),
        "connections": Period(
            "ended_at", FIVE_YEARS, "that the bytes of the exchanges add up"
        ),
        "heartbeats": Period("at", FIVE_YEARS, "that the exchanges are all there are"),
        "captures": Period(
            "at", FIVE_YEARS, "who had a copy of what the exchanges show"
        ),
        "sessions": Period(
            "at", QUARTER_MORE, "a view of the last day rests on an older login"
        ),
        "attributions": Period(
            "at", QUARTER_MORE, "the name of a view, learned later, as long as sessions"
        ),
        "gaps": Period(
            "from_at", QUARTER_MORE, "an answer tells what it does not know to the end"
        ),
        "inquiries": Period(
            "at", QUARTER_MORE, "who asked about a view, as long as it is there"
        ),
        "subjects": Period(
            "at", TEN_YEARS, "an id is told once and serves every later view"
        ),
        "crosswalk": Period(
            "at", TEN_YEARS, "a pair is told once and serves every later view"
        ),
    }
)
"""Tables of what sidecars recorded: sealed, where the node seals."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What a table keeps whose rows no sidecar recorded: they are not sealed."""

    where: str
    """Rows that are due, as SQL over ``cutoff`` (ns since 1970)."""
    seconds: float
    reason: str


_CUTOFF = "fromUnixTimestamp64Nano({cutoff:Int64}, 'UTC')"
# A row of context may take an older one back: only when the load it came with is
# old enough, too, nothing older than it is left that would count again.
_CONTEXT = (
    "load IN (SELECT load FROM context_loads GROUP BY load "  # noqa: S608 constant
    f"HAVING max(loaded_at) < {_CUTOFF}) AND "
)


def _ended(periods: str, key: str) -> str:
    return (
        f"{_CONTEXT}({key}) NOT IN (SELECT {key} FROM {periods} "  # noqa: S608 constant
        f"WHERE valid_to >= toDate({_CUTOFF}))"
    )


_STAYS = "views of its days are compared with it"
PLAIN: Mapping[str, Plain] = MappingProxyType(
    {
        "findings": Plain(
            f"at < {_CUTOFF}", FIVE_YEARS, "as long as the views it is about"
        ),
        "reviews": Plain(
            f"at < {_CUTOFF} AND finding NOT IN (SELECT id FROM findings)",  # noqa: S608 constant
            FIVE_YEARS,
            "as long as the finding",
        ),
        "staff": Plain(
            _ended("staff_periods", "employee, valid_from"), QUARTER_MORE, _STAYS
        ),
        "caseload": Plain(
            _ended("caseload_periods", "employee, subject, subject_key, valid_from"),
            QUARTER_MORE,
            _STAYS,
        ),
        "watchlist": Plain(
            _ended("watchlist_periods", "subject, subject_key, reason, valid_from"),
            QUARTER_MORE,
            _STAYS,
        ),
    }
)
"""Tables that are not sealed. A hold in force keeps all of them from its start on."""

DEFAULTS: Mapping[str, float] = MappingProxyType(
    {name: each.seconds for name, each in PERIODS.items()}
    | {name: each.seconds for name, each in PLAIN.items()}
)
"""Seconds by table."""

FOR_GOOD: Mapping[str, str] = MappingProxyType(
    {
        "board_key": "one row, of this store alone",
        "context_loads": "which file was loaded by whom; no client",
        "seals": "the chain; no personal data",
        "seal_seeds": "goes with the rows of its seal",
        "forgotten": "who was forgotten by whom is accounted for; a pseudonym each",
        "unit_readers": "who might read what is accounted for; no client",
        "holds": "who kept what beyond its time is accounted for",
        "held_rows": "the engine erases it after a week; no personal data",
        "erasures": "what was erased is accounted for; no personal data",
        "migrations": "the schema",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each table keeps its rows, and how often that is looked at."""

    every: float = EVERY
    """Seconds between two runs; 0: whosaw retain is run by hand."""
    seconds: Mapping[str, float] = field(default_factory=lambda: DEFAULTS)

    @property
    def shortest(self) -> float:
        """No sealed row younger than this is erased."""
        return min(self.seconds[name] for name in PERIODS)
