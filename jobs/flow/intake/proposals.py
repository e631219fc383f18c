"""Proposals of partner files: how the files of a folder may be read, as far as they show it.

A folder of a partner is divided by format; of each format some files are looked at. What cannot be
seen (licences, whose text is preferred) is left to a person.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.corpus.intake.column_names import ALTERNATIVE, NAMES, likely_columns
from jobs.corpus.intake.column_profiles import NO_TEXT, Layout, Profile
from jobs.corpus.intake.formats import FORMATS, format_named
from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import DeliveryError, DeliveryMissing
from jobs.flow.intake.delivered_kinds import KindOfFiles, by_suffix, kind_of
from jobs.flow.intake.delivery_samples import SampleLimits, samples, signs, spread
from jobs.storage.grammar import is_partner_name
from jobs.storage.patterns import has_suffix
from jobs.storage.source_files import SourceFile, Wanted
from jobs.storage.sources import listings

UNKNOWN = "unknown"
"""The licence that is proposed: what was agreed is not seen in files."""

_LOOK = SampleLimits(text_bytes=8 << 20, files=8)
_TEXT_BYTES = 64 << 20  # of one text
_NAMELESS = re.compile(r"[\d\W_年月日号期季周]+")  # of folders by date or number
_NAME_CHARS = 64
_RESERVED = {"defaults", "hydra"}
_FIXED = {"text": {"title": "name"}, "html": {}, "warc": {}, "wet": {}}
"""What is mapped beside the text where a format names its columns."""


@dataclass(frozen=True)
class ProposedGroup:
    """Files of a partner that may be read in one way.

    Attributes:
        name: The format; of the only group not shown.
        deliveries: A folder or patterns.
        format: Of the files.
        columns: The partner's names by target; several with `|` between.
        others: Columns that are not mapped.
        html: Whether the text is whole web pages.
        encodings: Seen.
        files: How many.
        bytes: As stored.
    """

    name: str
    deliveries: tuple[str, ...]
    format: str
    columns: dict[str, str]
    others: tuple[str, ...]
    html: bool
    encodings: tuple[str, ...]
    files: int
    bytes: int


@dataclass(frozen=True)
class Proposal:
    """A partner that a folder may be, its groups, and kinds of files that are not read."""

    name: str
    folder: str
    groups: tuple[ProposedGroup, ...]
    unread: tuple[KindOfFiles, ...]


class _Kind:
    """Files of one suffix: their paths, the format they show, and their encodings."""

    def __init__(self, suffix: str, files: Sequence[SourceFile]) -> None:
        self.suffix, self.files = suffix, files
        self.formats, self.encodings = Counter[str](), Counter[str]()
        self.complaint = ""
        for file in spread(files, _LOOK.files):
            with suppress(DeliveryError):
                for _, sign in signs(file, None):
                    self.formats[sign.format] += 1
                    self.encodings[sign.encoding] += 1
                    self.complaint = self.complaint or sign.complaint
        self.format = (self.formats.most_common(1) or [("", 0)])[0][0]


def proposals(folder: Path) -> list[Proposal]:
    """Return a proposal for each folder in a folder of deliveries, by name.

    A folder of files, or of folders by date or number, is one partner itself. Files beside folders
    of partners are a partner named as the folder is.

    Raises:
        DeliveryMissing: there is nothing in it that can be read.
    """
    if not folder.is_dir():
        raise DeliveryMissing(f"{folder} is no folder here: give the folder of the deliveries")
    folder = folder.absolute()
    inside = [one for one in sorted(folder.iterdir()) if one.name[:1] not in {".", "_"}]
    folders = [one for one in inside if one.is_dir()]
    if not folders or all(_NAMELESS.fullmatch(one.name) for one in folders):
        found = [_proposal(folder, is_below=True)]
    else:
        found = [_proposal(one, is_below=True) for one in folders]
        if len(folders) < len(inside):
            found.append(_proposal(folder, is_below=False))
    found = [one for one in found if one.groups or one.unread]
    if not any(one.groups for one in found):
        raise DeliveryMissing(f"{folder} holds nothing that can be read: give another folder")
    return list(_named_apart(found))


def _named_apart(found: Sequence[Proposal]) -> Iterator[Proposal]:
    names = Counter[str]()
    for one in found:
        names[one.name] += 1
        number = names[one.name]
        name = one.name if number == 1 else f"{one.name[: _NAME_CHARS - 4]}-{number}"
        yield Proposal(name, one.folder, one.groups, one.unread)


def _proposal(folder: Path, *, is_below: bool) -> Proposal:
    """Propose how to read a folder, with or without the folders in it."""
    files: list[SourceFile] = []
    with suppress(DeliveryMissing):
        (listing,) = listings([Wanted(folder.name, (str(folder),))], endpoint_url=None)
        files = [
            one for one in listing.files if not one.refusal and (is_below or "/" not in one.name)
        ]
    kinds = [_Kind(suffix, some) for suffix, some in by_suffix(files).items()]
    by_format: dict[str, list[_Kind]] = defaultdict(list)
    for kind in kinds:
        by_format[kind.format].append(kind)
    bad = by_format.pop("", [])
    groups = [
        _group(folder, delivered_as, some, kinds, is_below=is_below)
        for delivered_as, some in sorted(by_format.items())
    ]
    unread = [kind_of(kind.suffix, None, kind.files, kind.complaint or "empty") for kind in bad]
    return Proposal(_partner_name(folder.name), str(folder), tuple(groups), tuple(unread))


def _group(
    folder: Path,
    delivered_as: str,
    kinds: Sequence[_Kind],
    of_folder: Sequence[_Kind],
    *,
    is_below: bool,
) -> ProposedGroup:
    files = [file for kind in kinds for file in kind.files]
    columns, others, is_html = _columns(delivered_as, files)
    return ProposedGroup(
        name=delivered_as,
        deliveries=_deliveries(folder, delivered_as, kinds, of_folder, is_below=is_below),
        format=delivered_as,
        columns=columns,
        others=tuple(others),
        html=is_html,
        encodings=tuple(sorted({one for kind in kinds for one in kind.encodings if one})),
        files=len(files),
        bytes=sum(file.size_bytes for file in files),
    )


def _deliveries(
    folder: Path,
    delivered_as: str,
    kinds: Sequence[_Kind],
    of_folder: Sequence[_Kind],
    *,
    is_below: bool,
) -> tuple[str, ...]:
    """Return the folder where that means these files alone, else a pattern for each suffix."""
    suffixes = format_named(delivered_as).suffixes
    taken = {kind.suffix for kind in of_folder if has_suffix(kind.files[0].name, suffixes)}
    if is_below and taken == {kind.suffix for kind in kinds}:
        return (str(folder),)
    patterns: dict[str, None] = {}
    for kind in kinds:
        for file in kind.files:
            name = file.name.rpartition("/")[2]
            last = name[len(name) - len(kind.suffix) :] if kind.suffix else name
            below = "**/" if is_below else ""
            patterns[f"{folder}/{below}{'*' if kind.suffix else ''}{last}"] = None
    return tuple(patterns)


def _columns(
    delivered_as: str, files: Sequence[SourceFile]
) -> tuple[dict[str, str], list[str], bool]:
    """Return what may be mapped, what is left, and whether the text is whole pages."""
    if FORMATS[delivered_as].columns:
        return {"text": "text", **_FIXED.get(delivered_as, {})}, [], False
    reading = DeliveryParams(
        delivered_as, "auto", (("text", NAMES["text"][0]),), _TEXT_BYTES, 1 << 20, html=False
    )
    profile = Profile(NAMES["text"][0])
    for one in samples(files, reading, _LOOK, None):
        if one.keyed is not None:
            profile.add(one.keyed)
    layouts = [layout for layout in profile.layouts() if layout.text != NO_TEXT]
    if not layouts:
        return {"text": "text"}, [], False
    columns: dict[str, list[str]] = defaultdict(list)
    for layout in layouts:
        for target, name in _likely(layout).items():
            if name not in columns[target]:
                columns[target].append(name)
    taken = {name for names in columns.values() for name in names}
    others = dict.fromkeys(
        name for layout in layouts for name in _leaves(layout) if name not in taken
    )
    is_html = any(layout.columns[layout.text].kind == "page" for layout in layouts)
    return (
        {target: ALTERNATIVE.join(columns[target]) for target in NAMES if columns[target]},
        list(others),
        is_html,
    )


def _likely(layout: Layout) -> dict[str, str]:
    names = [name for name in _leaves(layout) if name != layout.text]
    found = {target: name for target, name in likely_columns(names).items() if target != "text"}
    return {"text": layout.text, **found}


def _leaves(layout: Layout) -> list[str]:
    """Return the keys of a layout but those above others."""
    names = list(layout.columns)
    return [name for name in names if not any(one.startswith(f"{name}.") for one in names)]


def _partner_name(folder: str) -> str:
    """Return a name for a partner that is like that of its folder."""
    name = re.sub(r"[^\w.-]+", "-", folder)[:_NAME_CHARS].strip("-._")
    return name if is_partner_name(name) and name not in _RESERVED else f"partner-{name}".strip("-")
