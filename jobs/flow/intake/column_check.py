"""Column check: refuse mapped columns that no delivered file has, before anything is read.

Files of a delivery differ, so that a column is in none of a few heads proves nothing. It does if
the heads are those of all files; and a name close to one of them is a slip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from jobs.corpus.intake.column_names import misspelt_column
from jobs.corpus.intake.deliveries import heads
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.missing_columns import listed
from jobs.corpus.intake.rows import DeliveryParams, Head
from jobs.errors import DeliveryUnreadable, LossAlarm
from jobs.flow.intake.file_contents import opened_contents
from jobs.flow.intake.input_shards import Delivered, InputShard, delivered_files
from jobs.flow.params import BuildParams

_FILES_TRIED = 8


def require_columns(plan: Sequence[InputShard], params: BuildParams) -> None:
    """Stop before anything is read if a mapped column is certainly nowhere.

    Raises:
        LossAlarm: with each such column, and what the partner may mean.
    """
    files: dict[tuple[str, str], list[Delivered]] = {}
    for partner, group, file in delivered_files(plan):
        if file.source.size_bytes:
            files.setdefault((partner.name, group.name), []).append(file)
    found = [
        f"{partner.owner(group)}: {complaint}"
        for partner in params.partners
        for group in partner.groups
        for complaint in _complaints(
            group.reading, files.get((partner.name, group.name), []), params
        )
    ]
    if found:
        listed = "\n".join(f"  {complaint}" for complaint in found)
        raise LossAlarm(
            f"columns that are mapped are nowhere, and nothing was read:\n{listed}\ncorrect or "
            "remove them in the partner's file, or run the same command with alarms=warn"
        )


def _complaints(
    reading: DeliveryParams, files: Sequence[Delivered], params: BuildParams
) -> Iterator[str]:
    mapped = [pair for pair in reading.columns if pair[0] != "text"]
    mapped += [("keep", name) for name in reading.keep]
    if not mapped or all(file.was_read for file in files):
        return
    tried = [
        _heads(reading, file, params.storage.endpoint_url)
        for file in files[:: -(-len(files) // _FILES_TRIED)]  # the latest may have what others lack
    ]
    shown = [head for heads_of_file in tried for head in heads_of_file]
    found = {name for head in shown for name in head.found}
    names = list(dict.fromkeys(name for head in shown for name in head.names))
    missing = [(column, given) for column, given in mapped if given not in found]
    # A page gives title, date and address itself.
    delivered_as = format_named(reading.format)
    is_fixed = not (delivered_as.is_optional or delivered_as.is_page)
    is_all = is_fixed and len(files) <= _FILES_TRIED and max(map(len, tried)) < _FILES_TRIED
    free = [name for name in names if name not in dict(reading.columns).values()]
    meant = {given: misspelt_column(given, free) for _, given in missing}
    if shown and (is_all or any(meant.values())):
        for column, given in missing:
            hint = f"did you mean {meant[given]!r}? " if meant[given] else ""
            there = listed(names)
            key = column if column == "keep" else f"columns.{column}"
            yield f"{key} is {given!r}: {hint}there are {there}"


def _heads(reading: DeliveryParams, file: Delivered, endpoint_url: str | None) -> list[Head]:
    """Return the heads of a file, or of the first members of an archive."""
    found: list[Head] = []
    with (
        suppress(DeliveryUnreadable),  # which reading it says, too
        opened_contents(file.source, reading, endpoint_url=endpoint_url) as contents,
    ):
        for content in islice(contents, _FILES_TRIED):
            found += heads(content.stream, source_file=file.source.uri, params=reading)
    return found
