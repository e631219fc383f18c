"""Verdict files: what reviewers said of a sample, as the page or a spreadsheet wrote it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from jobs.corpus.release.acceptance import Category, ReviewedDocument, ReviewVerdict
from jobs.corpus.release.review_sampling import SampleParams, parse_params
from jobs.errors import ConfigError
from jobs.flow.releases.review_samples import Sample

_LISTED = 5
_EXPORTED = "give what the review page exported"
_NOTE_CHARS = 1000
_ENCODINGS = ("utf-8-sig", "gb18030")  # spreadsheets in Chinese write the latter


@dataclass(frozen=True)
class VerdictFile:
    """A file of verdicts.

    Attributes:
        path: Of the file.
        sample: Digest of the sample that it is of.
        params: How that was drawn.
        reviewers: Names, as they gave them.
        verdicts: Of documents that have one.
    """

    path: Path
    sample: str
    params: SampleParams
    reviewers: tuple[str, ...]
    verdicts: tuple[ReviewedDocument, ...]


def read_verdicts(path: Path) -> VerdictFile:
    """Read a file of verdicts, JSON or CSV.

    Raises:
        ConfigError: it cannot be read, or something in it is no verdict; names the row.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"verdicts={path} cannot be read ({error.strerror})") from error
    rows = _json_rows(path, body) if body.lstrip()[:1] == b"{" else _csv_rows(path, body)
    if not rows:
        raise ConfigError(f"{path} holds no verdict: export it from the page with E")
    digests = {str(row.get("sample")) for row in rows}
    drawn = {str(row.get("drawn")) for row in rows}
    if len(digests) != 1 or len(drawn) != 1:
        raise ConfigError(f"{path} mixes verdicts of {len(digests)} samples: give a file of each")
    try:
        params = parse_params(drawn.pop())
    except ValueError as error:
        raise ConfigError(
            f"{path} does not say how its sample was drawn ({error}): keep the columns sample and "
            "drawn as heliu sample wrote them"
        ) from error
    names = dict.fromkeys(str(row.get("reviewer") or "").strip() for row in rows)
    verdicts = tuple(_verdict(path, number, row) for number, row in enumerate(rows, 1) if _has(row))
    return VerdictFile(path, digests.pop(), params, tuple(filter(None, names)), verdicts)


def _json_rows(path: Path, body: bytes) -> list[dict[str, Any]]:
    try:
        found = orjson.loads(body)
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON ({error}): {_EXPORTED}") from error
    keys = ("verdicts", "sample", "drawn", "reviewer")
    lacking = [name for name in keys if not isinstance(found, dict) or name not in found]
    if lacking:
        raise ConfigError(f"{path} has no {', '.join(lacking)}: {_EXPORTED}")
    rows, of_file = found["verdicts"], {name: found[name] for name in keys[1:]}
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{path}: verdicts is no list of objects: {_EXPORTED}")
    return [{**row, **of_file} for row in rows]


def _csv_rows(path: Path, body: bytes) -> list[dict[str, Any]]:
    text = _decoded(path, body)
    # A field of a text may be longer than the 128 KiB that the module allows.
    csv.field_size_limit(1 << 30)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        lacking = {"sample", "drawn", "id", "verdict"} - set(reader.fieldnames or ())
        if lacking:
            raise ConfigError(
                f"{path} has no column {', '.join(sorted(lacking))}: give the table that heliu "
                "sample wrote, or what the page exported"
            )
        return [row for row in reader if any(row.values())]
    except csv.Error as error:
        raise ConfigError(f"{path} is no CSV ({error}): save the table as CSV again") from error


def _decoded(path: Path, body: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            pass
    raise ConfigError(f"{path} is neither UTF-8 nor GB18030: save it as UTF-8")


def _has(row: dict[str, Any]) -> bool:
    return bool(str(row.get("verdict") or "").strip())


def _verdict(path: Path, number: int, row: dict[str, Any]) -> ReviewedDocument:
    word, reason = (str(row.get(name) or "").strip().lower() for name in ("verdict", "category"))
    verdict, category = _one_of(ReviewVerdict, word), _one_of(Category, reason)
    where = f"{path}, verdict {number} (document {str(row.get('id'))[:40]})"
    if verdict is None:
        raise ConfigError(f"{where}: {word[:40]!r} is none of {', '.join(ReviewVerdict)}")
    if verdict is ReviewVerdict.FAIL and category is None:
        raise ConfigError(
            f"{where}: fail needs a category, {reason[:40]!r} is none of {', '.join(Category)}"
        )
    note = str(row.get("note") or "")[:_NOTE_CHARS]
    kept = category if verdict is ReviewVerdict.FAIL else None
    return ReviewedDocument(str(row.get("id")).strip(), verdict, kept, note)


def _one_of(kind: Any, word: str) -> Any:
    return kind(word) if word in {*kind} else None


def one_sample(files: Sequence[VerdictFile]) -> VerdictFile:
    """Return the first of several files, which must be of one sample.

    Raises:
        ConfigError: they are of several.
    """
    first = files[0]
    for other in files[1:]:
        if (other.sample, other.params) != (first.sample, first.params):
            raise ConfigError(
                f"{first.path} is of sample {first.sample[:16]}…, {other.path} of "
                f"{other.sample[:16]}…: give files of one sample"
            )
    return first


def complete_verdicts(files: Sequence[VerdictFile], sample: Sample) -> dict[str, ReviewedDocument]:
    """Return the verdict of every document of a sample, by id.

    Args:
        files: of verdicts; several reviewers may share a sample.
        sample: drawn again.

    Raises:
        ConfigError: they are of another sample, or a document has no verdict or several.
    """
    first = one_sample(files)
    name = f"{sample.release.corpus} {sample.release.version}"
    if first.sample != sample.digest:
        raise ConfigError(
            f"{first.path} is of sample {first.sample[:16]}…, but {name} gives "
            f"{sample.digest[:16]}… for {sample.params}: it was drawn from another release or "
            "candidate, or was edited; draw and review this one with heliu sample"
        )
    found = [one for file in files for one in file.verdicts]
    times = Counter(one.doc_id for one in found)
    if problem := next(_problems(times, sample.ids), None):
        raise ConfigError(f"the verdicts of {name} cannot be used: {problem}")
    return {one.doc_id: one for one in found}


def _problems(times: Counter[str], ids: Sequence[str]) -> Iterator[str]:
    strange = sorted(times.keys() - set(ids))
    if strange:
        yield f"{_some(strange)} not in the sample"
    doubles = [one for one in ids if times[one] > 1]
    if doubles:
        yield f"{_some(doubles)} have several verdicts, each must have one"
    open_ = [f"number {number}" for number, one in enumerate(ids, start=1) if not times[one]]
    if open_:
        yield f"{len(open_):,} of {len(ids):,} documents have no verdict, such as {_some(open_)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"{', '.join(names[:_LISTED])}{more}"
