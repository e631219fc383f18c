"""siftan on the texts of a file of JSON: which records it flags, and the CPU seconds it takes."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from siftan.index import build_index  # type: ignore[import-not-found]


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    index = build_index(task["items"], "items")
    started = time.process_time()
    flagged = [bool(index.overlap(text)[0]) for text in task["texts"]]
    seconds = time.process_time() - started
    Path(sys.argv[2]).write_text(json.dumps({"flagged": flagged, "cpu_seconds": seconds}))


if __name__ == "__main__":
    main()
