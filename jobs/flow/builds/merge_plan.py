"""The plan of a merge: what its tasks read, written once as one object.

A specification names the object and where in it the task's part lies, however large the part is:
all runs of a section, all tables of tombstones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from jobs.flow.builds.sections import RunSlice, Section
from jobs.flow.shards import Run
from jobs.flow.tasks.sealed_objects import open_sealed, seal
from jobs.storage.canonical_json import canonical_json
from jobs.storage.objects import ObjectStore


class Span(NamedTuple):
    """Where a part of a plan lies, in bytes."""

    start: int
    size_bytes: int


@dataclass(frozen=True)
class Context:
    """What all merge tasks of a build read.

    Attributes:
        drops: Files of drops that every task reads; none if those of sections are in files.
        retired_files: Digest of the retired files when the build began; it decides where shards
            may be stored.
        tombstones: Tables of what was taken down by then; no decision about a rejected row of these
            is recorded.
    """

    drops: tuple[str, ...]
    retired_files: str | None
    tombstones: tuple[str, ...]


@dataclass(frozen=True)
class SectionPlan:
    """What the merge tasks of a section read.

    Attributes:
        section: The section.
        number: Of the section in the build.
        licence: The partner's.
        drops: The file with the section's drops, if it is not in those of `Context`.
    """

    section: Section
    number: int
    licence: str
    drops: str | None


@dataclass(frozen=True)
class Plan:
    """A plan as written: its key, where its context is, and where the plan of each section is."""

    key: str
    context: Span
    sections: tuple[Span, ...]


def write_plan(
    store: ObjectStore, key: str, context: Context, sections: Iterable[SectionPlan]
) -> Plan:
    """Write a plan; equal plans are equal objects."""
    parts = [canonical_json(part) for part in (context, *sections)]
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    spans = [Span(start, len(part)) for start, part in zip(starts, parts, strict=False)]
    return Plan(seal(store, key, b"".join(parts)), spans[0], tuple(spans[1:]))


def read_plan(store: ObjectStore, key: str, *spans: Span) -> tuple[Context, SectionPlan]:
    """Read the context and the plan of a section.

    Raises:
        DamagedTable: the object is not what was written.
    """
    with open_sealed(store, key) as file:
        context, plan = (orjson.loads(file.read_at(span.size_bytes, span.start)) for span in spans)
    known = Context(tuple(context["drops"]), context["retired_files"], tuple(context["tombstones"]))
    return known, SectionPlan(**{**plan, "section": _section(plan["section"])})


def _section(plain: dict[str, Any]) -> Section:
    slices = tuple(RunSlice(**{**one, "run": Run(**one["run"])}) for one in plain["slices"])
    return Section(**{**plain, "slices": slices})
