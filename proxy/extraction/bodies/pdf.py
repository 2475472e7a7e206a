"""The text of a PDF, page by page, as the extra ``whosaw[pdf]`` (pypdf) reads it.

What a reader sees as lines comes as lines; pages are parted by a form feed. Pictures
of text hold none: a page that is no more than one counts as unread, a blank one not.

Bounds hold whatever the file does: pages, characters, and *steps*, which are the
calls that the library makes, counted while it runs. A file that goes in circles, or
unpacks to gigabytes, is left when they are used up: the same file always at the same
place. A full page costs some 70,000 of them. What was read before stays.

Reasons: ``install_whosaw_pdf``, ``bad_pdf``, ``pdf_encrypted``, ``pdf_without_text``,
``pdf_too_costly``; in part: ``too_many_pages``, and all but the first.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType, ModuleType
from typing import Any, NamedTuple

from proxy.exchange.model import BodyState

KINDS = frozenset({"application/pdf", "application/x-pdf"})
EXTRA = "whosaw[pdf]"
_MAGIC = b"%PDF-"
_BLANK = 64
"""Bytes that say nothing but how a blank page is set up."""
_UNNAMED = frozenset({"", "application/octet-stream", "application/force-download"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfLimits:
    """Bounds of reading one file."""

    pages: int = 100
    """A client's file is a few; a printed list has dozens."""
    steps: int = 3_000_000
    """Calls of the library: about half a second, some 40 full pages."""
    bytes: int = 64 << 20
    """What its calls hand to each other: a page of text comes by four times."""
    characters: int = 1 << 20
    """Of text kept: 300 full pages."""


class PdfText(NamedTuple):
    """What a file holds."""

    text: str
    state: BodyState
    reason: str = ""


_DEFAULT = PdfLimits()
_MOST = 4 << 20
"""Bytes that one piece of a file unpacks to; a page of text is kilobytes."""
_UNPACKED = {
    "zlib_maximum_output_length": _MOST,
    "lzw_maximum_output_length": _MOST,
    "run_length_maximum_output_length": _MOST,
    "brotli_maximum_output_length": _MOST,
    "array_based_stream_maximum_output_length": _MOST,
    "zlib_maximum_recovery_input_length": _MOST // 16,
    "stream_decoding_work_maximum_length": 2 * _MOST,
    "image_maximum_buffer_size": _MOST,
    "jbig2dec_binary": None,
    "disable_legacy_handling": True,
}


class _Spent(BaseException):
    """The bounds are used up; no ``except Exception`` of the library holds it."""


def is_pdf(media_type: str, data: bytes) -> bool:
    """Whether a browser would show this as a PDF."""
    return media_type in KINDS or (
        media_type in _UNNAMED and data[: len(_MAGIC)] == _MAGIC
    )


def pdf_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("pypdf") is not None


def read_pdf(data: bytes, limits: PdfLimits = _DEFAULT) -> PdfText:
    """The text of a file; never raises."""
    if not pdf_installed():
        return PdfText("", BodyState.UNDECODABLE, "install_whosaw_pdf")
    pages: list[str] = []
    state, reason = BodyState.COMPLETE, ""
    try:
        library = _library()
        with library.apply_configuration(**_UNPACKED), _counted(limits):
            _read_pages(library, data, limits, pages)
    except _Spent:
        state, reason = BodyState.TRUNCATED, "pdf_too_costly"
    except _Ended as ended:
        state, reason = ended.state, ended.reason
    except Exception:  # noqa: BLE001 - fail open: a library's fault costs one page
        state, reason = BodyState.UNDECODABLE, "bad_pdf"
    text = "\f".join(pages)
    if not text.strip():
        return PdfText("", BodyState.UNDECODABLE, reason or "pdf_without_text")
    return PdfText(text[: limits.characters], state, reason)


class _Ended(Exception):
    def __init__(self, state: BodyState, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def _read_pages(
    library: ModuleType, data: bytes, limits: PdfLimits, pages: list[str]
) -> None:
    """Adds to ``pages`` one by one, so that what ends it leaves those before."""
    reader = library.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise _Ended(BodyState.UNDECODABLE, "pdf_encrypted")
    characters = bad = silent = 0
    for number, page in enumerate(reader.pages):
        if number >= limits.pages or characters > limits.characters:
            raise _Ended(BodyState.TRUNCATED, "too_many_pages")
        try:
            text: str = page.extract_text().rstrip()
        except Exception:  # noqa: BLE001 - fail open: one page, not all
            bad += 1
            continue
        # Also a page of which the library could make nothing: it does not say so.
        silent += not text and _says_something(page)
        characters += len(text)
        pages.append(text)
    if bad:
        raise _Ended(BodyState.UNDECODABLE, "bad_pdf")
    if silent:
        raise _Ended(BodyState.UNDECODABLE, "pdf_without_text")


def _says_something(page: Any) -> bool:
    """Whether a page without text is more than blank."""
    try:
        contents = page.get("/Contents").get_object()
        streams = contents if isinstance(contents, list) else [contents]
        # As it stands in the file: there is no public name for that.
        sizes = [len(each.get_object()._data) for each in streams]  # noqa: SLF001
    except AttributeError:
        return page.get("/Contents") is not None
    return sum(sizes) > _BLANK


@cache
def _library() -> ModuleType:
    """pypdf, which is quiet: what it warns of are pieces of files."""
    library = importlib.import_module("pypdf")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    return library


@contextmanager
def _counted(limits: PdfLimits) -> Iterator[None]:
    steps = handed = 0

    def count(_: FrameType, event: str, given: Any) -> None:
        nonlocal steps, handed
        steps += 1
        if event == "return" and type(given) is bytes:
            handed += len(given)
        if steps > limits.steps or handed > limits.bytes:
            raise _Spent

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
