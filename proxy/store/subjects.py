"""Which ids pseudonyms are of, as far as they were recorded and not forgotten.

The store gives ciphertexts; who holds the recovery keys opens them here. What does not
open is no id of that pseudonym: it is left out and told apart from one that is not
there, because nobody but a forger puts it there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proxy.pseudonym import PLAIN, pseudonym
from proxy.recovery import NotRecoverable, Recovery
from proxy.store.port import Questions

MOST = 10_000
"""Pseudonyms of one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one pseudonym."""

    subject: str
    """Hex."""
    subject_type: str
    subject_key: int
    id: str
    """As the application writes it; empty when it did not open."""
    trouble: str = ""
    """Why it did not open."""


def reveal(
    store: Questions, subjects: Sequence[bytes], recoveries: Mapping[int, Recovery]
) -> list[Known]:
    """What pseudonyms are of, in no order; those that are not there are left out.

    Args:
        store: what is asked.
        subjects: pseudonyms, ``MOST`` at most; more are not asked for.
        recoveries: recovery keys by number.

    Raises:
        StoreUnavailable, StoreRejected: the store does not answer.
    """
    found = store.query(
        "SELECT lower(hex(subject)), subject_type, subject_key, recovery_key, "
        "arrayMap(x -> hex(x), encrypted_ids) FROM subject_ids WHERE subject IN "
        "(SELECT toFixedString(unhex(arrayJoin({subjects:Array(String)})), 16)) "
        "ORDER BY subject, recovery_key DESC",
        {"subjects": [each.hex() for each in subjects[:MOST]]},
    )
    known: dict[str, Known] = {}
    for subject, kind, key, recovery_key, encrypted in found.rows:
        before = known.get(subject)
        if before is not None and before.id:
            continue
        identifier, trouble = _opened(
            recoveries.get(int(recovery_key)),
            [bytes.fromhex(each) for each in encrypted],
            kind,
            bytes.fromhex(subject),
            int(key),
        )
        known[subject] = Known(
            subject=subject,
            subject_type=kind,
            subject_key=int(key),
            id=identifier,
            trouble=trouble,
        )
    return list(known.values())


def _opened(
    recovery: Recovery | None,
    encrypted: Sequence[bytes],
    kind: str,
    subject: bytes,
    subject_key: int,
) -> tuple[str, str]:
    if recovery is None:
        return "", "its recovery key is not in the key file"
    for each in encrypted:
        try:
            found = recovery.decrypt(each, kind, subject, subject_key)
        except NotRecoverable:
            continue
        # Of an id that was not encrypted nothing else says whether it was changed.
        if recovery.key != PLAIN or pseudonym(PLAIN, kind, found) == subject:
            return found, ""
    return "", "what stands there is not its id"
