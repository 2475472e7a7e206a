"""Why a connection is not read, in words another recorder understands."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from proxy.events import GapKind
from proxy.recorder.gaps import Blindness, of_lost
from proxy.tapstream import LossReason, Lost


@given(
    st.sampled_from(GapKind),
    st.text(st.characters(codec="ascii"), max_size=20),
    st.booleans(),
)
def test_what_forget_says_is_read_back_from_lost(
    kind: GapKind, reason: str, intended: bool
) -> None:
    """A restart does not turn an upgrade into a failure."""
    before = Blindness(kind, reason, 5, intended)
    lost = Lost(
        reason=LossReason.FORGOTTEN, up=1, down=2, since_ns=5, detail=before.detail()
    )

    assert before == of_lost(lost)


@given(st.text(max_size=20))
def test_detail_that_makes_no_sense_is_a_failure_of_ours(detail: str) -> None:
    """It never raises."""
    assume(detail.partition(":")[0] not in {kind.value for kind in GapKind})
    lost = Lost(reason=LossReason.FORGOTTEN, up=0, down=0, since_ns=1, detail=detail)

    assert of_lost(lost).kind == GapKind.OBSERVER_FAILED
