"""Headings can be linked to, whatever stands in them."""

from hypothesis import given
from hypothesis import strategies as st

from vasite.content.rich_text import Anchors


@given(st.lists(st.text(max_size=12)))
def test_every_heading_gets_an_address_of_its_own(headings: list[str]) -> None:
    anchors = Anchors()
    names = [anchors.name(text) for text in headings]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.startswith("h-")
        assert not set(name) & set(" \"'<>&#%\n\t")
