"""Reading metadata (the log, its states, manifests): whatever is wrong is named as damage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from jobs.errors import DamagedMetadata, ObjectMissing
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.objects import ObjectStore
from jobs.storage.typed_json import Malformed

T = TypeVar("T")
Stored = TypeVar("Stored")


def checked_metadata(store: ObjectStore, key: str, digest: str, name: str) -> bytes:
    """Return the bytes of an object that is named by its digest.

    Args:
        store: holds it.
        key: of the object.
        digest: the sha256 (hex) of its bytes.
        name: what it is, for the message.

    Raises:
        DamagedMetadata: it is missing, or is something else.
    """
    try:
        body = store.get(key)
    except ObjectMissing as error:
        raise DamagedMetadata(
            f"{name} cannot be read ({error}): restore it from a mirror"
        ) from error
    if sha256_hex(body) != digest:
        raise DamagedMetadata(f"{store.location(key)} is not {name}: restore it from a mirror")
    return body


def parsed_metadata(parse: Callable[[Stored], T], stored: Stored, location: str) -> T:
    """Return what an object, or a part of it, holds.

    Args:
        parse: makes it of what is stored; raises Malformed.
        stored: the object's bytes, or a value in it.
        location: of the object, for the message.

    Raises:
        DamagedMetadata: it holds something else.
    """
    try:
        return parse(stored)
    except Malformed as error:
        raise DamagedMetadata(
            f"{location} cannot be read ({error}): compare it with a mirror"
        ) from error
