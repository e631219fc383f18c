"""Where tasks run, as a value: it can be made and passed on without loading Ray."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ComputeParams:
    """Where shard tasks run. Nothing here may change a byte of any result.

    Attributes:
        address: A Ray cluster's address; None for the cluster this job was submitted to, or else
            a local Ray.
        workers: Tasks at once; None for one per CPU.
        task_memory_bytes: Memory a task asks of Ray's scheduler; None for no request.
        is_small: Whether all tasks together take less time than Ray takes to start.
    """

    address: str | None
    workers: int | None
    task_memory_bytes: int | None
    is_small: bool = False
