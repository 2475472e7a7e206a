"""By which of a client's ids an answer was found, and what says that they are one."""

from __future__ import annotations

from collections.abc import Callable

from proxy.cli.printing import console, line
from proxy.store.crosswalk import HOPS, Conflict, Identifier, Identity
from proxy.store.seen import Seen


def by_which_id(identity: Identity) -> list[tuple[str, Callable[[Seen], str]]]:
    """The column that tells it; none when there is one id only."""
    known = {each.pseudonym: each for each in identity.identifiers}
    if not any(each.hops for each in identity.identifiers):
        return []

    def shown(row: Seen) -> str:
        found = known.get(row.subject)
        return row.subject_type if found is None or not found.hops else _by(found)

    return [("by", shown)]


def _by(found: Identifier) -> str:
    return f"{found.type} ({', '.join(found.sources)})"


def print_identity(identity: Identity) -> None:
    """The ids that were followed, and the contradictions that were not."""
    to = console()
    followed = [each for each in identity.identifiers if each.hops]
    if followed:
        line(to, "Asked by every id of the client:")
        for each in followed:
            said = f"same as {each.through_type} {each.through}"
            line(
                to, f"  {each.type} {each.pseudonym}: {said}, {_said_by(each.sources)}"
            )
    for conflict in identity.conflicts:
        line(to, f"  not followed: {told(conflict)}")
    if not identity.complete:
        line(to, f"  there are more ids than are followed ({HOPS} pairs at most)")
    if followed or identity.conflicts or not identity.complete:
        line(to, "")


def told(conflict: Conflict) -> str:
    """A conflict as a sentence."""
    return (
        f"{conflict.type} {conflict.pseudonym} is paired with {conflict.paired_type} "
        f"{', '.join(conflict.paired)}"
        + (
            f" and {more} more"
            if (more := conflict.count - len(conflict.paired))
            else ""
        )
        + (" beside another" if conflict.count == 1 else "")
        + f", {_said_by(conflict.sources)}"
    )


def _said_by(sources: tuple[str, ...]) -> str:
    return "by " + ", ".join(sources)
