"""The grammar of the release format: what names, lines and facts of a manifest or log may be.

Manifests, states and entries of other stores are read by the same code as one's own. Whatever is
read is checked here before it becomes a key, a line of a table, SQL or a card.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jobs.storage.layout import blob_address, is_corpus, is_version
from jobs.storage.typed_json import Malformed

MOST_LINE_CHARS = 4096
# Control characters, separators of lines, bidirectional controls, tags and halves of characters:
# they are no part of a name, and what shows them moves the cursor or turns the line round.
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_TYPE = re.compile(r"[a-z][\w<>:\[\](), =/+-]{0,254}", re.ASCII)


def complaint_of_line(text: str, most_chars: int = MOST_LINE_CHARS) -> str | None:
    """Return why a text cannot stand on one line; None if it can."""
    found = _HIDDEN.search(text)
    if found:
        return f"holds U+{ord(found[0]):04X}, an invisible character"
    return f"is longer than {most_chars:,} characters" if len(text) > most_chars else None


def is_partner_name(text: str) -> bool:
    """Whether a new partner may be called so: letters and digits, and `_ . -` between them."""
    return _NAME.fullmatch(text) is not None


def check_manifest(manifest: Any) -> None:
    """Refuse a manifest with what no version of heliu writes; missing keys are checked elsewhere.

    Raises:
        Malformed: with the place and the value.
    """
    _check("manifest", _is_object, manifest)
    _each("manifest", manifest, _MANIFEST)
    _each("parent", manifest.get("parent") or {}, {"version": is_version, "digest": _is_sha256})
    for name, account in _named("partners", manifest.get("partners")):
        _each(f"partners.{name}", account, _ACCOUNT)
        for _ in _named(f"partners.{name}.reasons", account.get("reasons")):
            pass
        for key, value in _entries(f"partners.{name}.terms", account.get("terms")):
            _check(f"partners.{name}.terms", _is_line, f"{key}{value}")
    _check_private_data(manifest)
    _check_lists(manifest)


def _check_private_data(manifest: dict[str, Any]) -> None:
    for partner, kinds in _named("private_data", manifest.get("private_data")):
        place = f"private_data.{partner}"
        for kind, numbers in _named(place, kinds):
            _each(f"{place}.{kind}", numbers, {"documents": _is_count, "values": _is_count})


def _check_lists(manifest: dict[str, Any]) -> None:
    for kind, columns in _named("schema", manifest.get("schema")):
        for column in columns:
            _each(f"schema.{kind}", column, {"name": _is_name, "type": _is_type})
    for one in manifest.get("benchmarks", []):
        _each("benchmarks", one, _BENCHMARK)
    for one in manifest.get("bad_files", []):
        _each("bad_files", one, _BAD_FILE)
    for name, value in manifest.items():
        for file in value if isinstance(value, list) else ():
            if isinstance(file, dict) and {"key", "sha256"} <= file.keys():
                _check_file(name, file, manifest.get("corpus"))


def check_registry(stored: Any) -> None:
    """Refuse a state of the log with what no version of heliu writes.

    Raises:
        Malformed: with the place and the value.
    """
    _check("state", _is_object, stored)
    _each("state", stored, {"epoch": _is_count, "removals": _is_sha256_or_null})
    for release in stored["releases"]:
        _each("releases", release, _RELEASE)
    for _, version in _named("tags", stored["tags"]):
        _check("tags", is_version, version)
    for key in stored["tombstones"]:
        _check("tombstones", _is_blob, key)
    for _, generation in _by_digest("moved", stored["moved"]):
        _check("moved", _is_count, generation)
    for _, file in _by_digest("substitutions", stored["substitutions"]):
        if file is not None:
            _check_file("substitutions", file, None)


def check_retired_files(stored: Any) -> None:
    """Refuse a list of what was taken away with what no version of heliu writes.

    Raises:
        Malformed: with the place and the value.
    """
    _check("removals", _is_object, stored)
    for _, generation in _by_digest("retired", stored["retired"]):
        _check("retired", _is_count, generation)
    for digest in stored["forbidden"]:
        _check("forbidden", _is_sha256, digest)


def check_entry(entry: Any) -> None:
    """Refuse an entry of the log with what no version of heliu writes.

    Raises:
        Malformed: with the place and the value.
    """
    _check("entry", _is_object, entry)
    _each("entry", entry, {"seq": _is_count, "state": _is_sha256})
    operation = entry["operation"]
    _each("operation", operation, {"op": _is_name})
    _each("operation", operation.get("release") or operation, {**_RELEASE, "version": _is_version})


def _check_file(place: str, file: Any, corpus: str | None) -> None:
    """Check that a file is named by its content, and lies below its corpus where one is given."""
    _each(place, file, _FILE)
    if "key" in file:
        _check(place, _is_blob, file["key"])
        digest, _ = blob_address(file["key"]) or ("", 0)
        prefix = "" if corpus is None else f"{corpus}/"
        is_own = digest == file["sha256"] and file["key"].startswith(prefix)
        _check(place, lambda _: is_own, file["key"])


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and complaint_of_line(value) is None


def _are_lines(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_line, value))


def _is_name(value: Any) -> bool:
    return _is_line(value) and value != ""


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and (value == "" or _TIME.fullmatch(value) is not None)


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and _TYPE.fullmatch(value) is not None


def _is_version(value: Any) -> bool:
    return value is None or is_version(value)  # None ends a tag or rollback


def _is_sha256_or_null(value: Any) -> bool:
    return value is None or _is_sha256(value)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_blob(value: Any) -> bool:
    return isinstance(value, str) and blob_address(value) is not None


Facts = Mapping[str, Callable[[Any], bool]]
"""What the value of each key must be, where it is given."""

_MANIFEST: Facts = {
    "corpus": is_corpus,
    "version": is_version,
    "documents": _is_count,
    "publisher": _is_line,
}
_COUNTS = ("delivered", "kept", "dropped", "rejected", "content_bytes")
_ACCOUNT: Facts = {
    "licence": _is_line,
    "licences": _are_lines,
    **dict.fromkeys(_COUNTS, _is_count),
}
_BENCHMARK: Facts = {"name": _is_name, **dict.fromkeys(("version", "licence", "digest"), _is_line)}
_BAD_FILE: Facts = {
    "partner": _is_name,
    "bytes": _is_count,
    "reason": _is_line,
    "since": is_version,
}
_RELEASE: Facts = {
    "version": is_version,
    "digest": _is_sha256,
    "documents": _is_count,
    "at": _is_time,
    "by": _is_line,
}
_FILE: Facts = {
    "sha256": _is_sha256,
    "bytes": _is_count,
    "rows": _is_count,
    "partner": _is_name,
    "since": is_version,
    "origin": is_version,
}


def _named(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a mapping, and check that its keys are names; none if it is missing."""
    for name, one in _entries(place, value):
        _check(place, _is_name, name)
        yield name, one


def _by_digest(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    for digest, one in _entries(place, value):
        _check(place, _is_sha256, digest)
        yield digest, one


def _entries(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if value is not None:
        _check(place, _is_object, value)
        yield from value.items()


def _each(place: str, given: Any, facts: Facts) -> None:
    """Check those of the facts that are given."""
    _check(place, _is_object, given)
    for name, is_right in facts.items():
        if name in given:
            _check(f"{place}.{name}", is_right, given[name])


def _check(place: str, is_right: Callable[[Any], bool], value: Any) -> None:
    if not is_right(value):
        raise Malformed(
            f"{place!a} is {str(value)[:80]!a}, which no version of heliu writes: another program "
            "wrote this log or manifest; do not use it"
        )
