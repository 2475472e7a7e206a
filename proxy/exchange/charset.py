"""Which text the bytes of a body are: media type, charset, decoding.

The order is the browsers' (WHATWG Encoding, HTML "prescan"): byte order mark,
``charset`` of Content-Type, ``<meta>`` or XML declaration in the first 4096
bytes, and without any of these UTF-8 where it is valid, else the default. Only
the charsets browsers know count: a body cannot choose ``utf-7`` or another of
Python's codecs. Nothing raises: bytes that are wrong in the declared charset
become U+FFFD, as on the screen.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

DEFAULT: Final = "windows-1252"
"""What the WHATWG standard takes for the locales of western Europe."""
PRESCAN: Final = 4096
"""Bytes in which a declaration is looked for; the standard asks for 1024 at
least, and legacy pages begin with comments and scripts."""

_CHARSET = re.compile(rb";\s*charset\s*=\s*[\"']?\s*([^\s;\"',]{1,40})", re.IGNORECASE)
_META = re.compile(
    rb"<meta[\s/][^<>]{0,300}?charset\s*=\s*[\"']?\s*([a-z0-9_:.\-]{1,40})",
    re.IGNORECASE,
)
_XML = re.compile(
    rb"\s*<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([a-z0-9_:.\-]{1,40})", re.IGNORECASE
)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKUP = ("html", "xml")

_CP1252 = "".join(
    bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)
)
"""windows-1252 as browsers read it: the five holes are C1 controls."""


def _labels() -> dict[str, str]:
    """Labels of the WHATWG Encoding standard → Python codec."""
    table = {
        "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8",
        DEFAULT: "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 "
        "iso_8859-1 latin1 latin-1 l1 us-ascii ascii ansi_x3.4-1968 cp819 ibm819",
        "utf-16-le": "utf-16 utf-16le utf16 ucs-2 unicode iso-10646-ucs-2",
        "utf-16-be": "utf-16be",
        "cp1254": "windows-1254 cp1254 iso-8859-9 latin5 l5",
        "cp874": "windows-874 iso-8859-11 tis-620",
        "cp866": "ibm866 cp866 866",
        "mac-roman": "macintosh mac x-mac-roman",
        "koi8-r": "koi8-r koi8 koi",
        "koi8-u": "koi8-u koi8-ru",
        "gb18030": "gb18030 gbk gb2312 x-gbk chinese",
        "big5hkscs": "big5 big5-hkscs x-x-big5",
        "euc-jp": "euc-jp x-euc-jp",
        "cp932": "shift_jis shift-jis sjis x-sjis windows-31j ms932 ms_kanji",
        "iso2022_jp": "iso-2022-jp",
        "cp949": "euc-kr ks_c_5601-1987 windows-949 korean",
    }
    labels = {label: codec for codec, names in table.items() for label in names.split()}
    for page in (1250, 1251, 1253, 1255, 1256, 1257, 1258):
        labels[f"windows-{page}"] = labels[f"cp{page}"] = f"cp{page}"
    for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16):
        for label in (f"iso-8859-{part}", f"iso8859-{part}", f"iso_8859-{part}"):
            labels[label] = f"iso8859-{part}"
    labels["latin2"] = "iso8859-2"
    labels["latin-9"] = labels["latin9"] = "iso8859-15"
    return labels


_LABELS = _labels()


_WIDE = ("utf-16-le", "utf-16-be")
"""The charsets in which ASCII bytes are not ASCII characters; ISO-2022-JP is the
other, after an escape character."""
_ESCAPE = b"\x1b"
_REMEMBERED = 256
"""Content types of which the parts are remembered: an application has a dozen."""
_REMEMBERED_BYTES = 128
"""Longest one remembered: 32 KiB in all."""


def media_type(value: bytes | None) -> str:
    """``text/html`` of ``Text/HTML; charset=x``; empty when there is none."""
    if not value:
        return ""
    if len(value) > _REMEMBERED_BYTES:
        return _media_type(value)
    return _remembered_media_type(value)


def _media_type(value: bytes) -> str:
    end = value.find(b";")
    return (value if end < 0 else value[:end]).strip().lower().decode("latin-1")


def _header_charset(content_type: bytes) -> str | None:
    match = _CHARSET.search(content_type)
    return codec_of(match[1]) if match else None


def _declared(content_type: bytes | None) -> str | None:
    """The charset the header declares, when it is a known one."""
    if not content_type:
        return None
    if len(content_type) > _REMEMBERED_BYTES:
        return _header_charset(content_type)
    return _remembered_charset(content_type)


_remembered_media_type = lru_cache(_REMEMBERED)(_media_type)
_remembered_charset = lru_cache(_REMEMBERED)(_header_charset)


def charset(data: bytes, content_type: bytes | None) -> str | None:
    """The declared charset, as a Python codec name; None when undeclared."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if codec := _declared(content_type):
        return codec
    kind = media_type(content_type)
    if kind.endswith("json"):
        return "utf-8"
    if kind and not any(markup in kind for markup in _MARKUP):
        return None
    head = data[:PRESCAN]
    match = _XML.match(head)
    if match is None and b"charset" in head.lower():
        match = _META.search(_COMMENT.sub(b"", head))
    codec = codec_of(match[1]) if match else None
    # Readable as ASCII up to here, so it cannot be UTF-16 (HTML 13.2.3.2).
    return "utf-8" if codec in _WIDE else codec


def decode_text(
    data: bytes, content_type: bytes | None = None, default: str = DEFAULT
) -> str:
    """Text of a body, without byte order mark; never raises.

    ``default`` is a charset label for text that declares none and is not valid
    UTF-8; an unknown label counts as windows-1252.
    """
    if data.isascii() and _ESCAPE not in data and _declared(content_type) not in _WIDE:
        return data.decode("ascii")  # the same whatever a page declares
    declared = charset(data, content_type)
    if declared is None:
        try:
            return data.decode()
        except UnicodeDecodeError:
            declared = codec_of(default.encode("ascii", "replace")) or DEFAULT
    return decode_as(data, declared)


def decode_as(data: bytes, codec: str) -> str:
    """Text in a codec that ``charset`` gave, without byte order mark."""
    if codec == DEFAULT:
        return decode_windows_1252(data)
    return data.decode(codec, "replace").removeprefix("\ufeff")


def decode_windows_1252(data: bytes) -> str:
    """Every byte a character: what browsers make of ISO-8859-1 as well."""
    return codecs.charmap_decode(data, "strict", _CP1252)[0]


def codec_of(label: bytes) -> str | None:
    """The Python codec of a label browsers know, else None."""
    return _LABELS.get(label.strip().lower().decode("latin-1"))
