"""The task of decontamination every contestant is given. Standard library alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Flags = Callable[[str], bool]
Items = list[list[str]]
"""Question, options or answer, and passage of each item, options and answer as one text."""


def perform(prepare: Callable[[Items], Flags]) -> None:
    """Flag the texts of the file of JSON that is named first; write which to the second.

    The task has `items` and `groups`, lists of texts by name. The answer has the flags of each
    group and its CPU seconds; preparing the index is not in them.
    """
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    is_flagged = prepare(task["items"])
    flagged, seconds = {}, {}
    for name, texts in task["groups"].items():
        started = time.process_time()
        flagged[name] = [is_flagged(text) for text in texts]
        seconds[name] = time.process_time() - started
    Path(sys.argv[2]).write_text(json.dumps({"flagged": flagged, "cpu_seconds": seconds}))
