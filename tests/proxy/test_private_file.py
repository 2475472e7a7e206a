"""A secret is read only while nobody else can."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.private_file import private, read


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_its_owner_alone_is_private(mode: int) -> None:
    """Whoever that is."""
    assert private(mode, owner=1000, ours=False)


def test_a_secret_of_kubernetes_is_private() -> None:
    """Root's, readable by the group the pod was given: there is no other form in
    which a process that is not root gets one."""
    assert private(0o440, owner=0, ours=True)


@pytest.mark.parametrize(
    ("mode", "owner", "ours"),
    [
        (0o444, 0, True),  # anybody reads it
        (0o460, 0, True),  # the group writes it
        (0o440, 1000, True),  # a person's, with a group of persons
        (0o440, 0, False),  # another group
        (0o601, 0, True),
    ],
)
def test_a_file_that_others_reach_is_not_private(
    mode: int, owner: int, ours: bool
) -> None:
    """Each bit that is too much is refused."""
    assert not private(mode, owner=owner, ours=ours)


def test_what_is_refused_is_not_told(tmp_path: Path) -> None:
    """The message has the file, the mode and the way out."""
    file = tmp_path / "secret"
    file.write_text("canary")
    file.chmod(0o640)

    with pytest.raises(UsageError, match=r"mode 0640.*chmod 600") as refused:
        read(file)

    assert "canary" not in str(refused.value)
    file.chmod(0o600)
    assert read(file) == b"canary"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what it was to be."""
    with pytest.raises(UsageError, match="cannot read the key: No such file"):
        read(tmp_path / "none", "the key")
