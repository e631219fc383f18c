"""Column check: refuse mapped columns that no delivered file has, before anything is read.

Files of a delivery differ, so that a column is in none of a few heads proves nothing. It does if
the heads are those of all files; and a name close to one of them is a slip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from jobs.corpus.intake.deliveries import heads
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.rows import Head, listed
from jobs.errors import LossAlarm
from jobs.flow.intake.plan import Delivered, InputShard, delivered_files
from jobs.flow.params import BuildParams, PartnerParams
from jobs.storage.source_bytes import open_random, open_stream

_FILES_TRIED = 8
_ALIKE = 0.8  # of difflib: `headlin` and `headline` have 0.93, `titel` and `title` 0.8


def require_columns(plan: Sequence[InputShard], params: BuildParams) -> None:
    """Stop before anything is read if a mapped column is certainly nowhere.

    Raises:
        LossAlarm: with each such column, and what the partner may mean.
    """
    files: dict[str, list[Delivered]] = {}
    for partner, file in delivered_files(plan):
        if file.source.size_bytes:
            files.setdefault(partner.name, []).append(file)
    found = [
        complaint
        for partner in params.partners
        for complaint in _complaints(partner, files.get(partner.name, []), params)
    ]
    if found:
        listed = "\n".join(f"  {complaint}" for complaint in found)
        raise LossAlarm(
            f"columns that are mapped are nowhere, and nothing was read:\n{listed}\ncorrect or "
            "remove them in the partner's file, or run the same command with alarms=warn"
        )


def _complaints(
    partner: PartnerParams, files: Sequence[Delivered], params: BuildParams
) -> Iterator[str]:
    mapped = [pair for pair in partner.reading.columns if pair[0] != "text"]
    if not mapped or all(file.was_read for file in files):
        return
    shown = [
        head
        for file in files[:: -(-len(files) // _FILES_TRIED)]  # the latest may have what others lack
        for head in _heads(partner, file, params.storage.endpoint_url)
    ]
    found = {name for head in shown for name in head.found}
    names = list(dict.fromkeys(name for head in shown for name in head.names))
    missing = [(column, given) for column, given in mapped if given not in found]
    # A page gives title, date and address itself.
    delivered_as = format_named(partner.reading.format)
    is_fixed = not (delivered_as.is_optional or delivered_as.is_page)
    is_all = is_fixed and len(files) <= _FILES_TRIED
    free = [name for name in names if name not in dict(partner.reading.columns).values()]
    meant = {given: get_close_matches(given, free, 1, _ALIKE) for _, given in missing}
    if shown and (is_all or any(meant.values())):
        for column, given in missing:
            hint = f"did you mean {meant[given][0]!r}? " if meant[given] else ""
            there = listed(names)
            yield f"partner {partner.name}: columns.{column} is {given!r}: {hint}there are {there}"


def _heads(partner: PartnerParams, file: Delivered, endpoint_url: str | None) -> list[Head]:
    is_random = format_named(partner.reading.format).is_random_access
    opened = open_random if is_random else open_stream
    with opened(file.source.uri, endpoint_url=endpoint_url) as stream:
        return heads(stream, source_file=file.source.uri, params=partner.reading)
