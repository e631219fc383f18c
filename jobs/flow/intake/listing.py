"""Delivered files as they are listed: of every partner and group, with a first look at a few."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import PurePosixPath
from typing import NamedTuple

from jobs.corpus.intake.deliveries import require_text
from jobs.corpus.intake.formats import format_named
from jobs.errors import DeliveryUnreadable, TextColumnMissing
from jobs.flow.intake.file_contents import opened_contents
from jobs.flow.intake.input_shards import Delivered
from jobs.flow.intake.read_files import digests_read, state_of_file
from jobs.flow.params import BuildParams, FileGroup, PartnerParams
from jobs.storage.source_files import SourceFile, Wanted
from jobs.storage.sources import Listing, listings, require_no_refusals
from jobs.storage.stores import open_store

# A wrong mapping shows in every file, a file unlike the others only in itself.
_FILES_TRIED = 8
_SHOWN = 5
_PLAIN_SUFFIX = re.compile(r"\.\w{1,12}")


class ListedGroup(NamedTuple):
    """The files of a group, sorted by name."""

    partner: PartnerParams
    group: FileGroup
    files: list[Delivered]


def listed_groups(params: BuildParams) -> list[ListedGroup]:
    """List the files of all partners, sorted by partner and group; log what is passed over.

    A few that were not read before are opened, so that a wrong pattern, format or mapping ends the
    build before it begins.

    Raises:
        DeliveryMissing: a pattern matches no file.
        DeliveryUnreadable: names each file that may not be opened, and of groups whose first files
            all are not what `format` says these; of partners that do not set them aside.
        TextColumnMissing: the first files of a group all lack the text column.
    """
    partners = sorted(params.partners, key=lambda partner: partner.name)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda partner: _listings(partner, params), partners))
    groups = [
        _listed(partner, group, listing, params)
        for partner, listed in zip(partners, found, strict=True)
        for group, listing in zip(partner.groups, listed, strict=True)
    ]
    stopping = [one for one in groups if not one.partner.is_skipping]
    require_no_refusals(file.source for one in stopping for file in one.files)
    with ThreadPoolExecutor() as pool:
        complaints = list(pool.map(lambda one: _first_complaints(one, params), groups))
    found_bad = [
        complaint
        for one, bad in zip(groups, complaints, strict=True)
        for complaint in bad
        if not one.partner.is_skipping
    ]
    if found_bad:
        raise DeliveryUnreadable("\n".join(found_bad))
    return groups


def wanted_files(partner: PartnerParams) -> list[Wanted]:
    """Return what is to be listed of a partner, a group each."""
    return [
        Wanted(
            partner.owner(group),
            group.deliveries,
            format_named(group.reading.format).suffixes,
            partner.follow_links,
        )
        for group in partner.groups
    ]


def _listings(partner: PartnerParams, params: BuildParams) -> list[Listing]:
    wanted = wanted_files(partner)
    found = listings(wanted, endpoint_url=params.storage.endpoint_url)
    others = {name for listing in found for name in listing.passed_over}
    files = (file for listing in found for file in listing.files) if others else ()
    read = {ending for file in files for ending in _endings(file.uri) if ending in others}
    for one, listing in zip(wanted, found, strict=True):
        if unread := [name for name in listing.passed_over if name not in read]:
            line = passed_over(one, Listing(listing.files, unread))
            logging.getLogger(__name__).warning("heliu: %s", line)
    return found


def _endings(uri: str) -> Iterator[str]:
    """Yield the paths by which a listing of any folder above a file may name it."""
    parts = uri.split("/")
    return ("/".join(parts[number:]) for number in range(1, len(parts)))


def passed_over(wanted: Wanted, listing: Listing) -> str:
    """Return what to say of files in a folder that have another suffix than its format's."""
    counts = Counter(map(_kind, listing.passed_over))
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]
    shown = [f"{count:,} {kind}" for kind, count in most]
    more = len(counts) - len(shown)
    kinds = ", ".join([*shown, *([f"{more} other kinds"] if more else [])])
    read, found = len(listing.files), len(listing.files) + len(listing.passed_over)
    return (
        f"{wanted.owner}: {read:,} of {found:,} files are read; others do not end in "
        f"{' '.join(wanted.suffixes or ())}: {kinds}, such as {listing.passed_over[0]!r}"
    )


def _kind(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if _PLAIN_SUFFIX.fullmatch(suffix) else "without a suffix"


def _listed(
    partner: PartnerParams, group: FileGroup, listing: Listing, params: BuildParams
) -> ListedGroup:
    digests = digests_read(open_store(params.storage), params.corpus, partner, group)
    found = ((source, digests.get(state_of_file(source), "")) for source in listing.files)
    files = [
        Delivered(source, None, None, digest, was_read=bool(digest)) for source, digest in found
    ]
    return ListedGroup(partner, group, files)


def _first_complaints(one: ListedGroup, params: BuildParams) -> Sequence[str]:
    filled = [file for file in one.files if file.source.size_bytes]
    if all(file.was_read for file in filled[:_FILES_TRIED]):
        return ()
    sources = (file.source for file in filled)
    return _complaints(sources, one.group, params.storage.endpoint_url)


def _complaints(
    sources: Iterable[SourceFile], group: FileGroup, endpoint_url: str | None
) -> Sequence[str]:
    """Return what is wrong with each of a few files if none of them can be read.

    Raises:
        TextColumnMissing: none has the text's column.
    """
    lacking: TextColumnMissing | None = None
    unreadable: list[str] = []
    for source in islice(sources, _FILES_TRIED):
        try:
            with opened_contents(source, group.reading, endpoint_url=endpoint_url) as contents:
                for content in islice(contents, 1):
                    require_text(content.stream, source_file=source.uri, params=group.reading)
        except TextColumnMissing as error:
            lacking = lacking or error
        except DeliveryUnreadable as error:
            unreadable.append(str(error))
        else:
            return ()
    if lacking is not None:
        raise lacking
    return unreadable
