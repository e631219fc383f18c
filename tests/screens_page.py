"""docs/screens.md: what commands show on terminals of 80 and 160 columns, run as it is written.

python -m tests.screens_page > docs/screens.md
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.screens import watch

_SETTINGS = (
    "--config-dir demo/conf partners=[gov,news,papers] corpus.name=demo corpus.version=1.0.0"
)


class Shown(NamedTuple):
    """A command, the widths of its terminals, and after which seconds it is looked at."""

    title: str
    command: str
    columns: tuple[int, ...]
    at: tuple[float, ...] = ()
    interrupt: float = 0.0


SHOWN = (
    Shown("The verbs", "heliu --help", (80, 160)),
    Shown("The keys of a verb", "heliu help minhash", (80, 160)),
    Shown(
        "Deliveries before a build",
        "heliu preview --config-dir demo/conf partners=[news]",
        (80, 160),
    ),
    Shown("What a build needs", f"heliu build {_SETTINGS} plan=true", (80, 160)),
    Shown("A build that is interrupted", f"heliu build {_SETTINGS}", (80,), (6.0,), 12.0),
    Shown("A build", f"heliu build {_SETTINGS}", (160,), (8.0, 16.0)),
    Shown("One partner", "heliu report partner=news", (80, 160)),
    Shown("One document", "heliu explain id=news-0000.parquet:7", (80, 160)),
    Shown("A slip", "heliu build minhash.bandz=20 storage.root=releases", (80,)),
)


def parts() -> Iterator[str]:
    """Yield the page in parts; the current folder holds the demo."""
    yield (
        "# Screens\n\nWhat commands show on a terminal of 80 columns and of 160, 44 lines high, "
        "as text without colour (`NO_COLOR=1`),\nof the demo (`heliu demo out=demo size=20MB`), "
        "with `HELIU_ROOT=releases`. Made by `python -m tests.screens_page` in one run.\n"
    )
    for one in SHOWN:
        yield f"\n## {one.title}\n\n```sh\n{one.command}\n```\n"
        for columns in one.columns:
            seen = watch(
                one.command.split(" "), columns=columns, at=one.at, interrupt=one.interrupt
            )
            names = [*(f"after {seconds:.0f} s" for seconds in one.at), "at the end"]
            for name, lines in zip(names, seen.screens, strict=False):
                body = "".join(f"{line}\n" for line in lines)
                yield f"\n{columns} columns, {name}:\n\n```text\n{body}```\n"


def main() -> None:
    """Print the page."""
    os.environ |= {"NO_COLOR": "1", "HELIU_ROOT": "releases"}
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        os.chdir(name)
        subprocess.run(["heliu", "demo", "out=demo", "size=20MB"], check=True, capture_output=True)
        body = "".join(parts()).replace(str(Path(name)), "…")
    sys.stdout.write(body)


if __name__ == "__main__":
    main()
