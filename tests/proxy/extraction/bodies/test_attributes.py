"""Elements with too many attributes are found before they are parsed."""

from __future__ import annotations

import pytest

from proxy.extraction.bodies.attributes import MAX_ATTRIBUTES, crowded

MANY = "<a " + " ".join(f'a{n}="1"' for n in range(MAX_ATTRIBUTES + 1)) + ">"


@pytest.mark.parametrize(
    ("text", "html", "xml"),
    [
        (MANY, True, True),
        (MANY.replace('="1"', ""), True, True),
        ("<p>" * 10_000, False, False),
        (f"<!-- {MANY} -->", False, False),
        (f"<script>{MANY}</script>", False, True),
        (f"<![CDATA[{MANY}]]>", True, False),
        (f"<![CDATA[<!--]]>{MANY}", False, True),
        (f"<?x {MANY} ?>", True, False),
    ],
)
def test_a_crowded_tag_is_found_where_the_parser_would_see_one(
    text: str, *, html: bool, xml: bool
) -> None:
    """Comments, sections and raw text are those of the language."""
    assert crowded(text) is html
    assert crowded(text, xml=True) is xml
