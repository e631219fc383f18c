"""Bad files: what becomes of delivered files that cannot be read.

A bad file is out as a whole, whatever of it was read: which rows come before the damage depends on
how it is split. So the plan is made again without it, and its tables with it; they depend on
nothing else than the files that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from jobs.corpus.intake.rows import shortened
from jobs.corpus.private_data.quotations import without_private_words
from jobs.errors import DeliveryUnreadable, TaskError
from jobs.flow.intake.input_shards import Delivered, InputShard, input_shard, without_files
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import PROVISIONAL, Checkpoint
from jobs.on_ray.shards import deaths

KILLED: Checkpoint = {PROVISIONAL: []}
"""The result of a task whose workers died again and again."""

_DEADLY = "reading it killed its process again and again, for want of memory or by what it holds"


class BadFile(NamedTuple):
    """A file that was set aside: of which partner, its size as stored, and why."""

    partner: str
    file: str
    bytes: int
    reason: str


class Readable(NamedTuple):
    """A plan without bad files, the checkpoint of each of its shards, and the bad files."""

    plan: list[InputShard]
    checkpoints: list[Checkpoint]
    bad_files: list[BadFile]


class _Damage(NamedTuple):
    """A file and what is wrong with it."""

    file: Delivered
    reason: str


def complaints(
    found: Sequence[tuple[Delivered, DeliveryUnreadable]], params: BuildParams
) -> Checkpoint:
    """Return the result of a task that met bad files; releases record it."""
    hide = partial(without_private_words, params=params.private_data)
    return {PROVISIONAL: [[file.source.name, hide(str(error))] for file, error in found]}


def readable(
    plan: Sequence[InputShard],
    run: Callable[[Sequence[InputShard]], list[Checkpoint]],
    params: BuildParams,
) -> Readable:
    """Read a plan; read it again without the files that cannot be read.

    Args:
        plan: the input shards.
        run: reads shards that have no checkpoint yet, and returns the results in their order.
        params: of the build.

    Raises:
        DeliveryUnreadable: names every bad file of partners that set none aside.
        TaskError: the same where reading killed workers.
    """
    left, bad = list(plan), dict[tuple[str, str], BadFile]()
    while True:
        results = run(left)
        met = [pair for pair in zip(left, results, strict=True) if PROVISIONAL in pair[1]]
        if not met:
            return Readable(left, results, [bad[name] for name in sorted(bad)])
        _require_skipping(met)
        new = {
            (shard.partner.name, one.file.source.name): one
            for shard, result in met
            for one in _damages(shard, result)
        }
        for (partner, name), one in new.items():
            bad[partner, name] = BadFile(
                partner, name, one.file.source.size_bytes, shortened(one.reason)
            )
        deadly = {shard.key for shard, result in met if not result[PROVISIONAL]}
        left = [
            one
            for shard in left
            for part in (_parts(shard, params) if shard.key in deadly else [shard])
            for one in without_files(part, bad, params)
        ]


def _require_skipping(met: Sequence[tuple[InputShard, Checkpoint]]) -> None:
    stopping = [pair for pair in met if not pair[0].partner.is_skipping]
    found = {
        f"  {shard.partner.name}: {text}"
        for shard, result in stopping
        for _, text in result[PROVISIONAL]
    }
    deadly = [str(shard) for shard, result in stopping if not result[PROVISIONAL]]
    killed = deaths("normalize", sorted(deadly)) if deadly else ""
    if found:
        listed = "\n".join([*sorted(found), *([killed] if killed else [])])
        count = "a delivered file" if len(found) == 1 else f"{len(found):,} delivered files"
        raise DeliveryUnreadable(
            f"{count} cannot be read:\n{listed}\nall others are read and kept: correct or remove "
            "what is named, or set it aside with on_bad_file=skip, and run again"
        )
    if killed:
        raise TaskError(killed)


def _damages(shard: InputShard, result: Checkpoint) -> list[_Damage]:
    """Return the bad files of a shard; none yet where any of several may have killed its worker."""
    files = {file.source.name: file for file in shard.files}
    if not result[PROVISIONAL] and len(files) == 1:
        return [_Damage(file, _DEADLY) for file in files.values()]
    return [
        _Damage(files[name], _line(text.replace(files[name].source.uri, name)))
        for name, text in result[PROVISIONAL]
    ]


def _line(text: str) -> str:
    """Return a complaint on one line, of characters that can be seen."""
    words = " ".join(text.split())
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in words)


def _parts(shard: InputShard, params: BuildParams) -> list[InputShard]:
    """Return a shard for each file of one, so that the file which kills is known."""
    return [input_shard(shard.partner, shard.group, [file], params) for file in shard.files]
