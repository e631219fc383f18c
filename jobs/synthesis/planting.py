"""The next document of a partner: an original, a copy of one, or one with something planted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from jobs.synthesis.copies import Copy, near_copy, traditional_copy
from jobs.synthesis.dirt import with_control_characters, with_full_width, with_html
from jobs.synthesis.documents import Draft, length
from jobs.synthesis.exams import with_leak
from jobs.synthesis.grammar import LAST_DAY, Pen, forms
from jobs.synthesis.partners import PARTNERS
from jobs.synthesis.plants import COPIES, Deck, Plant
from jobs.synthesis.private import with_private_data
from jobs.synthesis.repeats import with_repeats
from jobs.synthesis.subjects import SUBJECTS
from jobs.synthesis.writing import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.synthesis.exams import Item
    from jobs.synthesis.partners import Partner, Site

# Originals held to be copied, of each partner: 1,500 of about 4 kB. One is held while about 15,000
# more of its partner are written and copied once or twice, so that copies land in other files too.
_HELD = 1500
_REPLACED_SHARE = 0.1
# Deliveries go from section to section; and the words of one subject stay in the processor's cache.
_SUBJECT_CHANGES = 0.1


class Original(NamedTuple):
    """A document others may be copies of."""

    partner: str
    source_id: str
    draft: Draft


class Planted(NamedTuple):
    """A row to deliver, and what is to be known about it; an ordinary one has no plant."""

    row: Row
    plant: Plant | None
    detail: str
    original: Original | None
    jaccard: float | None


class Planter:
    """Makes documents for every partner in turn, from one seed."""

    def __init__(self, seed: str, longest_chars: int, items: Sequence[Item]) -> None:
        self._pen, self._deck = Pen(f"{seed}/documents"), Deck(f"{seed}/plants")
        self._longest_chars, self._items = longest_chars, items
        self._held: dict[str, list[Original]] = {partner.name: [] for partner in PARTNERS}
        self._subject = 0
        self._made = dict.fromkeys(self._held, 0)

    def document(self, partner: Partner) -> Planted:
        """The partner's next document."""
        card = self._deck.deal(is_json_lines=partner.is_json_lines)
        site = self._site(partner, card.plant)
        if card.plant in COPIES:
            return self._copy(
                partner, site, card.plant, self._original(partner, across=card.across)
            )
        draft = self._draft(partner)
        if card.plant is not None:
            text, detail = self._altered(card.plant, draft, site)
            row = self._row(partner, site, draft, text)
            return Planted(row, card.plant, detail, None, None)
        row = self._row(partner, site, draft, draft.text)
        self._hold(Original(partner.name, row.id, draft))
        return Planted(row, None, "", None, None)

    def _draft(self, partner: Partner) -> Draft:
        chars = min(length(self._pen, partner.median_chars), self._longest_chars)
        if self._pen.happens(_SUBJECT_CHANGES):
            self._subject = self._pen.whole(0, len(SUBJECTS) - 1)
        return partner.author(self._pen, self._subject, chars)

    def _site(self, partner: Partner, plant: Plant | None) -> Site:
        if plant is Plant.BOILERPLATE:
            return partner.framed_site
        return partner.sites[self._pen.whole(0, len(partner.sites) - 2)]

    def _row(self, partner: Partner, site: Site, draft: Draft, text: str | None) -> Row:
        number = self._made[partner.name] = self._made[partner.name] + 1
        day = draft.published.isoformat()
        url = f"https://{site.host}/{partner.stem}/{day[:7]}/t{day[8:]}_{number}.html"
        return Row(f"{partner.stem}-{number:08}", draft.title, text, url, day)

    def _hold(self, original: Original) -> None:
        held = self._held[original.partner]
        if len(held) < _HELD:
            held.append(original)
        elif self._pen.happens(_REPLACED_SHARE):
            held[self._pen.whole(0, _HELD - 1)] = original

    def _original(self, partner: Partner, *, across: bool) -> Original:
        """One held original: of this partner, or of any other."""
        names = [other.name for other in PARTNERS if (other is not partner) is across]
        held = self._held[self._pen.word(names)]
        return held[self._pen.whole(0, len(held) - 1)]

    def _copy(self, partner: Partner, site: Site, plant: Plant, original: Original) -> Planted:
        """A copy, published up to a month after the original under an address of this partner."""
        draft = original.draft
        copy = Copy(draft.text, "verbatim", 1.0)
        if plant is Plant.NEAR_DUPLICATE:
            copy = near_copy(self._pen, draft, site.footer)
        elif plant is Plant.TRADITIONAL_COPY:
            copy = traditional_copy(draft)
        day = min(draft.published + timedelta(days=self._pen.whole(0, 30)), LAST_DAY)
        again = Draft(draft.title, copy.text, day, draft.kind, draft.subject)
        row = self._row(partner, site, again, copy.text)
        return Planted(row, plant, copy.detail, original, copy.jaccard)

    def _altered(self, plant: Plant, draft: Draft, site: Site) -> tuple[str | None, str]:
        pen, text = self._pen, draft.text
        if plant in _WITHOUT_EDITING:
            return None if plant is Plant.NULL_TEXT else text, _WITHOUT_EDITING[plant]
        if plant in _DIRT:
            return _DIRT[plant](pen, text)
        match plant:
            case Plant.BOILERPLATE | Plant.REPEATED_CAPTION | Plant.PASTED_TWICE:
                return with_repeats(pen, plant, draft, site)
            case Plant.PRIVATE_DATA:
                return with_private_data(pen, text, pen.sentence(forms("people", draft.subject)))
            case Plant.BENCHMARK_LEAK:
                return with_leak(pen, text, self._items)
        empty = pen.word(("", " \n　\t"))
        return empty, repr(empty)


_DIRT = {
    Plant.FULL_WIDTH: with_full_width,
    Plant.HTML_RESIDUE: with_html,
    Plant.CONTROL_CHARACTERS: with_control_characters,
}
_WITHOUT_EDITING = {
    Plant.DIRTY_BYTES: "bytes of no character after the first full stop",
    Plant.BROKEN_JSON: "cut off after the first full stop",
    Plant.MISSING_TEXT: "no such key",
    Plant.NULL_TEXT: "null",
}
