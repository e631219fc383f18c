"""What is known of a build that runs: work done, rates, what is left. Shows nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # verbs load neither pyarrow nor numba for it
    from jobs.flow.tasks.checkpoints import TaskCounts

_LEAST_SECONDS = 5.0  # of work before a rate says anything
_LEAST_TASKS = 3
_NONE = (0, 0, 0, 0, 0)
_READING, _DECIDING, _WRITING = "normalize", "dedup", "merge"


@dataclass
class Rows:
    """Rows of a partner so far, each the most that any stage has counted.

    Attributes:
        rows: Rows read.
        text_bytes: UTF-8 bytes of text in them.
        kept: Rows kept; None before the first is decided.
        dropped: Rows dropped; None before any is compared.
        rejected: Rows rejected.
    """

    rows: int = 0
    text_bytes: int = 0
    kept: int | None = None
    dropped: int | None = None
    rejected: int = 0


@dataclass(frozen=True)
class Snapshot:
    """A build at one moment.

    Attributes:
        label: What is being done; empty before the first task.
        done: Tasks of it that are done.
        total: Tasks of it in all.
        found: Tasks of it that were done when it began.
        share: Of all work of the build that is done, in [0, 1].
        seconds: Since the build began.
        seconds_left: About how long the build still takes; None where that is not known yet.
        rows_per_second: Of this work; None where it counts none.
        bytes_per_second: Bytes of text of this work a second; None where it counts none.
        partners: Rows by partner.
        rows: Rows of all partners.
        stages: Names of finished stages and the seconds they took, in order.
    """

    label: str
    done: int
    total: int
    found: int
    share: float
    seconds: float
    seconds_left: float | None
    rows_per_second: float | None
    bytes_per_second: float | None
    partners: Mapping[str, Rows]
    rows: Rows
    stages: Sequence[tuple[str, float]]

    @property
    def is_complete(self) -> bool:
        """Whether all tasks of this work are done."""
        return self.done == self.total


@dataclass
class _Counts:
    """Rows that the tasks of one stage have counted, by partner."""

    partners: dict[str, list[int]] = field(default_factory=dict)

    def add(self, counts: Sequence[TaskCounts]) -> None:
        for one in counts:
            known = self.partners.setdefault(one.partner, [*_NONE])
            for place, number in enumerate(one[1:]):
                known[place] += int(number)

    def has(self, partner: str | None) -> bool:
        """Whether rows of a partner, or of any, are counted."""
        return bool(self.partners) if partner is None else partner in self.partners

    def of(self, partner: str | None) -> list[int]:
        """Return the five counts of a partner, or of all."""
        rows = self.partners.values() if partner is None else [self.partners.get(partner, _NONE)]
        return [sum(column) for column in zip(_NONE, *rows, strict=True)]


class BuildProgress:
    """The state of a build, from calls as of `Progress`; each call takes constant time.

    Args:
        weights: how much work each label is, in the order in which a build does it.
        clock: returns seconds.
    """

    def __init__(
        self, weights: Mapping[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._weights, self._clock = dict(weights), clock
        self._began = self._label_began = self._stage_began = clock()
        self._label, self._done, self._total, self._found = "", 0, 0, 0
        self._counts: dict[str, _Counts] = {}
        self._at_start = (0, 0)  # rows and bytes of this stage when this work began
        self._past = 0.0  # share of all work that lies before this label
        self._worked = self._worked_seconds = 0.0  # share done by earlier labels, and their time
        self._stages: list[tuple[str, float]] = []

    def advance(self, label: str, done: int, total: int, counts: Sequence[TaskCounts] = ()) -> bool:
        """Take in a call of `Progress`; return whether work began that was not known before."""
        is_next = (label, total, done) == (self._label, self._total, self._done + 1)
        is_new = not is_next or len(counts) > 1
        if is_new:
            self._begin(label, done, total)
        self._label, self._done, self._total = label, done, total
        if counts:
            self._counts.setdefault(stage_of(label), _Counts()).add(counts)
        if is_new:
            self._at_start = self._counted()
        return is_new

    def snapshot(self) -> Snapshot:
        """Return the state now."""
        now = self._clock()
        seconds = now - self._label_began
        rows, size = self._counted()
        rates = rows - self._at_start[0], size - self._at_start[1]
        is_timed = seconds > 0 and self._done > self._found
        names = sorted({name for one in self._counts.values() for name in one.partners} - {""})
        return Snapshot(
            label=self._label,
            done=self._done,
            total=self._total,
            found=self._found,
            share=self._share(),
            seconds=now - self._began,
            seconds_left=self._left(seconds),
            rows_per_second=rates[0] / seconds if rates[0] and is_timed else None,
            bytes_per_second=rates[1] / seconds if rates[1] and is_timed else None,
            partners={name: self._rows(name) for name in names},
            rows=self._rows(),
            stages=tuple(self._stages),
        )

    def _begin(self, label: str, done: int, total: int) -> None:
        now = self._clock()
        if self._label:
            self._worked += self._gained()
            self._worked_seconds += now - self._label_began
        stage = stage_of(label)
        is_other = stage != stage_of(self._label)
        if is_other and self._label:
            self._stages.append((stage_of(self._label), now - self._stage_began))
        if is_other:
            self._stage_began = now
        if is_other or stage != _DECIDING:
            self._counts.pop(stage, None)
        self._past = self._before(label)
        self._label_began, self._found = now, done
        self._label, self._done, self._total = label, done, total

    def _before(self, label: str) -> float:
        """Return the share of all work that lies before a label; unknown ones add nothing."""
        known = list(self._weights)
        first = next((n for n, one in enumerate(known) if one == label), None)
        if first is None:
            stage = stage_of(label)
            first = next((n for n, one in enumerate(known) if stage_of(one) == stage), None)
        if first is None:
            return self._share()
        before = sum(list(self._weights.values())[:first])
        return before / sum(self._weights.values())

    def _weight(self, label: str) -> float:
        """Return the share of all work of a label; of a stage without parts that of the stage."""
        if label in self._weights:
            own = self._weights[label]
        elif label == stage_of(label):
            own = sum(one for name, one in self._weights.items() if stage_of(name) == label)
        else:
            own = 0.0
        return own / sum(self._weights.values())

    def _part(self, tasks: int) -> float:
        return self._weight(self._label) * (tasks / self._total if self._total else 1.0)

    def _gained(self) -> float:
        return self._part(self._done) - self._part(self._found)

    def _share(self) -> float:
        return min(1.0, self._past + self._part(self._done)) if self._label else 0.0

    def _left(self, seconds: float) -> float | None:
        """Return the rest of this work at its own rate, and of later work at the rate of all.

        Until a few tasks have run, this work too is taken to go as fast as what came before it.
        """
        gained, spent = self._worked + self._gained(), self._worked_seconds + seconds
        ran, left = self._done - self._found, self._total - self._done
        if ran < _LEAST_TASKS and left:
            gained, spent = self._worked, self._worked_seconds
        if not gained or spent < _LEAST_SECONDS:
            return None
        if ran < _LEAST_TASKS:
            return (1.0 - self._share()) * spent / gained
        later = 1.0 - self._past - self._weight(self._label)
        return seconds * left / ran + max(0.0, later) * spent / gained

    def _counted(self) -> tuple[int, int]:
        known = self._counts.get(stage_of(self._label))
        rows, size, *_ = known.of(None) if known else _NONE
        return rows, size

    def _rows(self, partner: str | None = None) -> Rows:
        """Return the rows of one partner, or of all."""
        read, decided, written = (
            self._counts.get(stage, _Counts()) for stage in (_READING, _DECIDING, _WRITING)
        )
        known = [one.of(partner) for one in (read, decided, written)]
        is_written = bool(written.partners)
        is_decided = is_written or decided.has(partner)
        return Rows(
            rows=max(known[0][0], known[2][0]),
            text_bytes=known[0][1],
            kept=known[2][2] if is_written else None,
            dropped=max(known[1][3], known[2][3]) if is_decided else None,
            rejected=max(known[0][4], known[2][4]),
        )


def stage_of(label: str) -> str:
    """Return the stage of a label: of `dedup: buckets` it is `dedup`."""
    return label.partition(":")[0]
