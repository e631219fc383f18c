"""The plan of a build for people and programs, on standard output."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs.command.terminal import say, say_json, say_table
from jobs.quantities import Share, Size, approximate, count
from jobs.storage.objects import scheme

if TYPE_CHECKING:
    from jobs.flow.builds.delivered_amounts import Amount
    from jobs.flow.builds.estimate import Estimate
    from jobs.flow.params import BuildParams

_HOUR = 3600


def report_plan(estimate: Estimate, params: BuildParams, *, as_json: bool) -> None:
    """Print what a build will need.

    Args:
        estimate: of the build.
        params: of the build.
        as_json: print JSON.
    """
    if as_json:
        say_json(plan_json(estimate, params))
        return
    say(f"{params.corpus} {params.version} as it would be built now; ~ is an estimate\n")
    _partners(estimate)
    say()
    _stages(estimate)
    say()
    _needs(estimate, params)


def plan_json(estimate: Estimate, params: BuildParams) -> dict[str, Any]:
    """Return the plan as what JSON can hold; numbers that are estimated are rounded.

    Args:
        estimate: of the build.
        params: of the build.
    """
    return {
        "corpus": params.corpus,
        "version": params.version,
        "is_published": estimate.is_published,
        "partners": {name: _rounded(asdict(one)) for name, one in estimate.partners.items()},
        "stages": [_rounded(one._asdict()) for one in estimate.stages],
        "workers": estimate.need.workers,
        "task_memory_bytes": round(estimate.need.task_memory),
        "scratch_bytes": round(estimate.need.scratch),
        "work_bytes": round(estimate.work_bytes),
        "release_bytes": round(estimate.release_bytes),
        "requests": round(estimate.requests),
        "seconds": round(estimate.seconds, 1),
        "core_seconds": round(estimate.core_seconds, 1),
        "shortages": list(estimate.shortages),
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(one, 1) if isinstance(one, float) else one for name, one in values.items()}


def _partners(estimate: Estimate) -> None:
    rows = [[name, *_amount(one)] for name, one in estimate.partners.items()]
    if len(rows) > 1:
        rows.append(["all", *_amount(_sum(estimate))])
    header = ["partner", "files", "stored", "read", "rows", "text", "rejected"]
    say_table(header, rows)


def _amount(one: Amount) -> list[Any]:
    is_exact = one.done == one.tasks
    sign = "" if is_exact else "~"
    rows = "unknown" if one.rows is None else f"{sign}{_few_digits(one.rows, is_exact=is_exact)}"
    rejected = "unknown" if not one.rows else f"{sign}{Share(one.rejected / one.rows)}"
    sampled = str(Size(one.sampled_bytes)) if one.sampled_bytes else "–"
    return [
        *(one.files, Size(one.stored_bytes), sampled),
        *(rows, f"{sign}{Size(one.text_bytes)}", rejected),
    ]


def _few_digits(number: float, *, is_exact: bool) -> str:
    """Return a count with as many digits as an estimate deserves: three."""
    digits = 0 if is_exact or number < 1000 else 3 - len(str(round(number)))
    return count(round(number, digits))


def _sum(estimate: Estimate) -> Amount:
    from jobs.flow.builds.delivered_amounts import Amount  # noqa: PLC0415

    total = Amount()
    for one in estimate.partners.values():
        for name in ("files", "stored_bytes", "text_bytes", "rejected", "tasks", "done"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        total.sampled_bytes += one.sampled_bytes
        total.rows = None if None in {total.rows, one.rows} else (total.rows or 0) + (one.rows or 0)
    return total


def _stages(estimate: Estimate) -> None:
    rows = [
        [one.stage, one.tasks, one.done, *_costs(one.cpu_seconds, one.written_bytes)]
        for one in estimate.stages
    ]
    say_table(["stage", "tasks", "done", "core time", "to be written"], rows)


def _costs(seconds: float, size: float) -> list[str]:
    return [f"~{approximate(seconds)}", f"~{Size(size)}"] if seconds else ["–", "–"]


def _needs(estimate: Estimate, params: BuildParams) -> None:
    from jobs.flow.builds.machine import free_bytes  # noqa: PLC0415

    need, root = estimate.need, params.storage.root
    is_local = scheme(root) is None
    free = f", of {Size(free_bytes(root))} free" if is_local else ""
    meaning = ", if the root were on S3" if is_local else ""
    scratch = free_bytes(tempfile.gettempdir())
    hours = estimate.core_seconds / _HOUR
    cores = (
        f"{hours:,.1f} core-hours" if hours >= 1 else f"{approximate(hours * _HOUR)} of core time"
    )
    for name, text in (
        ("time", f"~{approximate(estimate.seconds)}, {need.workers} workers, {cores}"),
        ("memory", f"~{Size(need.task_memory)} a worker"),
        ("work", f"~{Size(estimate.work_bytes)}{free}; may be deleted after publishing"),
        ("release", f"~{Size(estimate.release_bytes)} at most, as if no row were dropped"),
        ("temporary", f"{Size(need.scratch)} at most, of {Size(scratch)} free"),
        ("requests", f"~{_few_digits(estimate.requests, is_exact=False)}{meaning}"),
    ):
        say(f"{name:<10} {text}")
    if estimate.is_published:
        say(
            f"published  {params.version} is published already: the same build changes nothing, "
            "any other is refused (33)"
        )
