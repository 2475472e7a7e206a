"""What is about to be asked, or changed: the inquiry that is recorded of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from proxy.clock import nanoseconds
from proxy.events.custody import InquiryRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of a question of the service, or of a command."""

    question: str
    """As the command line names it."""
    reason: str
    subject_type: str = ""
    subjects: tuple[str, ...] = ()
    """Pseudonyms, hex, under each live key."""
    employee: str = ""
    about: str = ""
    start: datetime | None = None
    """Of the period; None: of no period."""
    end: datetime | None = None

    def inquiry(
        self, *, inquiry: str, person: str, address: str, now_ns: int
    ) -> InquiryRecorded:
        """What is recorded of it."""
        return InquiryRecorded(
            at_ns=now_ns,
            inquiry=inquiry,
            person=person,
            question=self.question,
            reason=self.reason.strip(),
            subject_type=self.subject_type if self.subjects else "",
            subjects=self.subjects,
            employee=self.employee,
            about=self.about,
            from_ns=now_ns if self.start is None else nanoseconds(self.start),
            to_ns=now_ns if self.end is None else nanoseconds(self.end),
            client_address=address,
        )
