"""Repetition as careless extraction leaves it: a caption, a whole text, site boilerplate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.synthesis.dirt import Altered
from jobs.synthesis.grammar import forms
from jobs.synthesis.plants import Plant

if TYPE_CHECKING:
    from jobs.synthesis.documents import Draft
    from jobs.synthesis.grammar import Pen
    from jobs.synthesis.partners import Site


def with_repeats(pen: Pen, plant: Plant, draft: Draft, site: Site) -> Altered:
    """Repeat a part in the text, or on all pages of its site.

    Args:
        pen: draws captions and places.
        plant: what is repeated.
        draft: the document.
        site: its header and footer.
    """
    if plant is Plant.BOILERPLATE:
        return Altered(f"{site.header}\n{draft.text}\n{site.footer}", site.host)
    if plant is Plant.PASTED_TWICE:
        return Altered(f"{draft.text}\n{draft.text}", f"{len(draft.text)} characters")
    return _with_caption(pen, draft)


def _with_caption(pen: Pen, draft: Draft) -> Altered:
    """One caption, the detail, at three places or more, never twice in a row."""
    city, headline, person = (
        pen.sentence(forms(kind, draft.subject)) for kind in ("cities", "headlines", "people")
    )
    caption = f"图为{city}：{headline}（本报记者{person}摄于活动现场）"
    lines = draft.text.split("\n")
    places = range(1, len(lines) + 1)
    for at in sorted(pen.rng.sample(places, min(pen.whole(3, 6), len(lines))), reverse=True):
        lines.insert(at, caption)
    return Altered("\n".join(lines), caption)
