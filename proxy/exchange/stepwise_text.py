"""Text of a content that passes; ``charset.decode_text`` decodes one at once.

The charset is found as there, from the first ``PRESCAN`` bytes. What declares none
is UTF-8 as long as it is valid, from the first byte that is not on the default: at
once, the whole of it would be. The two differ only where text in UTF-8 comes before
text that is not, which is no text in either.
"""

from __future__ import annotations

import codecs

from proxy.exchange.charset import (
    DEFAULT,
    PRESCAN,
    charset,
    codec_of,
    decode_windows_1252,
)


class StepwiseText:
    """Bytes in, text out, without byte order mark; any split gives the same."""

    def __init__(self, content_type: bytes | None, default: str = DEFAULT) -> None:
        self._content_type = content_type
        self._default = codec_of(default.encode("ascii", "replace")) or DEFAULT
        self._head: bytes | None = b""
        """What came before the charset was known; None: it is."""
        self._decoder: codecs.IncrementalDecoder | None = None
        self._guessed = False
        """UTF-8 until shown otherwise."""
        self._first = True

    def feed(self, data: bytes, *, last: bool = False) -> str:
        """The text that comes of the next bytes."""
        if self._head is not None:
            self._head += data
            if len(self._head) < PRESCAN and not last:
                return ""
            data, self._head = self._head, None
            codec = charset(data[:PRESCAN], self._content_type)
            self._guessed = codec is None
            self._use(codec or "utf-8")
        text = self._decoded(data, last)
        if self._first and text:
            self._first = False
            text = text.removeprefix("\ufeff")
        return text

    def _use(self, codec: str) -> None:
        if codec == DEFAULT:
            self._decoder = None
        else:
            errors = "strict" if self._guessed else "replace"
            self._decoder = codecs.getincrementaldecoder(codec)(errors)

    def _decoded(self, data: bytes, last: bool) -> str:
        decoder = self._decoder
        if decoder is None:
            return decode_windows_1252(data)
        if not self._guessed:
            return decoder.decode(data, last)
        held = decoder.getstate()[0]
        try:
            return decoder.decode(data, last)
        except UnicodeDecodeError:
            data = held + data
            valid = _valid(data)
            self._guessed = False
            self._use(self._default)
            return data[:valid].decode() + self._decoded(data[valid:], last)


def _valid(data: bytes) -> int:
    """How many of the first bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as fault:
        return fault.start
    return len(data)
