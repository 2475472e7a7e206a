"""Does a page that used to show records find none any more? Statistics of one place.

A *page* is either full (it showed a record) or empty. The past says how often it is
empty: ``empty`` of ``pages``. Two questions are asked of what came after it:

* **none any more**: how likely is so long a run of empty pages?
* **a jump**: is the share of empty pages among the last 64 above that of the past by
  a quarter of all pages, and how likely are so many?

The answer is the posterior predictive probability with an even prior: of the next
``k`` pages, given the past, ``e`` or more are empty (beta-binomial). It counts in
how little is known from a short past, so nothing has to be learned first. Below one
in a million, and after at least ``FEWEST`` empty pages, the place has *drifted*.

======================  ============================
share of empty pages    noticed after so many
in the past             empty pages in a row
======================  ============================
0 of 8                  15
0 of 20                 7
0 of 200                6
10 % of 1,500           7
30 %                    12
50 %                    20
80 %                    60
90 %                    125
95 %                    260
======================  ============================

(The middle of thirty trials with independent pages.)

Chance is left: with independent pages one of 4,000 places that stayed as they were
drifted within 500 pages, and 63 of 4,000 whose share rose by a tenth of all pages.

Rests when the pages are full again. What was seen while it had drifted does not
become past: an alarm does not wear off by being ignored. The past is halved when it
holds ``MOST_PAGES``, so that it follows how people work.

Pure, fixed size, integers; people do not search independently of each other, so the
bounds are far from what chance alone would need.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma

WINDOW = 64
"""Pages whose share is compared: an hour of a small office, minutes of a large one."""
MOST_PAGES = 2_000
"""Pages of the past: months of a rule that is seldom used, a day of a busy one."""
FEWEST = 6
"""Empty pages before anything is said: one person mistyping a name is no drift."""
FEWEST_FULL = 8
"""Full pages of the past before anything is said: a rule that is being written."""
UNLIKELY = 1e-6
"""A rule with 1,000 pages a day is then wrong about once in three years, if pages
are independent of each other."""
JUMP = 0.25
"""Of all pages; smaller changes of habit are no changed screen."""


@dataclass(slots=True)
class Emptiness:
    """How often one place is empty; ``see`` every page in order."""

    pages: int = 0
    """The past: pages that left the window."""
    empty: int = 0
    recent: int = 0
    """The window, one bit a page, the latest lowest; set: empty."""
    held: int = 0
    """Pages in the window."""
    run: int = 0
    """Empty pages in a row, the latest included."""
    drifted: bool = False

    def see(self, *, empty: bool) -> bool:
        """Take note of a page; whether the place has drifted, this page included."""
        if self.held == WINDOW and not self.drifted:
            self._age()
        self.recent = (self.recent << 1 | empty) & ((1 << WINDOW) - 1)
        self.held = min(self.held + 1, WINDOW)
        self.run = self.run + 1 if empty else 0
        if empty:
            self.drifted = self.drifted or self._none_any_more() or self._jumped()
        elif self.drifted:
            self.drifted = self._jumped()
            if not self.drifted:
                self._forget_the_alarm()
        return self.drifted

    def begin_again(self) -> None:
        """The rule is another version: what came lately says nothing about it."""
        self._forget_the_alarm()

    def _age(self) -> None:
        self.pages += 1
        self.empty += self.recent >> (WINDOW - 1)
        if self.pages > MOST_PAGES:
            self.pages //= 2
            self.empty //= 2

    def _forget_the_alarm(self) -> None:
        self.recent = self.held = self.run = 0
        self.drifted = False

    def _none_any_more(self) -> bool:
        """The past is everything before the run."""
        run = self.run
        if run < FEWEST:
            return False
        before = max(0, self.held - run)
        window = self.recent >> min(run, WINDOW)
        pages = self.pages + before
        empty = self.empty + window.bit_count()
        if run > self.held:
            # Of an undisturbed run only its first pages have become past.
            passed = min(run - self.held, self.pages, self.empty)
            pages, empty = self.pages - passed, self.empty - passed
        if pages - empty < FEWEST_FULL:
            return False
        return at_least(run, run, empty, pages) < UNLIKELY

    def _jumped(self) -> bool:
        """The past is everything before the window."""
        empty = self.recent.bit_count()
        full = self.pages - self.empty
        if self.held < WINDOW or empty < FEWEST or full < FEWEST_FULL:
            return False
        if empty / WINDOW <= self.empty / self.pages + JUMP:
            return False
        return at_least(empty, WINDOW, self.empty, self.pages) < UNLIKELY


def at_least(empty: int, of: int, past_empty: int, past: int) -> float:
    """How likely ``empty`` or more of the next ``of`` pages are empty.

    Beta-binomial with the parameters ``past_empty + 1`` and
    ``past - past_empty + 1``.
    """
    a, b = past_empty + 1, past - past_empty + 1
    level = lgamma(of + 1) - _beta(a, b)
    return sum(
        exp(level - lgamma(k + 1) - lgamma(of - k + 1) + _beta(k + a, of - k + b))
        for k in range(empty, of + 1)
    )


def _beta(a: int, b: int) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
