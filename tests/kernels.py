"""Compile the kernels of a build once, in one process: `python -m tests.kernels`.

Tests start builds side by side, and each of their processes would compile for itself.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from jobs.synthesis.demo import write_demo
from tests.builds import build, build_parameters, in_this_process


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="heliu-") as name, in_this_process():
        folder = Path(name)
        write_demo(folder / "demo", size_bytes=1_000_000, seed=1, report=lambda _done: None)
        exams = "benchmarks=[civil_service,public_affairs]"
        choices = (exams, "rules=cci", "private_data.mobile=replace", "alarms=warn")
        build(build_parameters(folder / "demo" / "conf", folder / "releases", *choices))


if __name__ == "__main__":
    main()
