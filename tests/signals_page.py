"""Writes docs/signals.md from the code.

python -m tests.signals_page > docs/signals.md
"""

from __future__ import annotations

import sys

from jobs.corpus.model import signal_columns
from jobs.corpus.model.signal_columns import SIGNAL_COLUMNS
from jobs.corpus.model.tables import RELEASED

_END = """
Rules (`conf/rules/`) are thresholds on these columns: `heliu judge rules=PROFILE` shows what they
would reject, `heliu judge signal=NAME` how a column is distributed, both without reading text.
They reject after normalization and count neither as intake rejections nor for `reject_share`.
"""


def page() -> str:
    """The page: what counts as what, then a line per column."""
    lines = [
        "# Signals",
        "",
        "Written by `python -m tests.signals_page > docs/signals.md`: change the code, not this.",
        "",
        *_paragraphs(str(signal_columns.__doc__)),
        f"A stretch is {signal_columns.STRETCH:,} characters or lines.",
        "",
        "| column | type | unit | what it is | source |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.name}` | {kind} | {one.unit} | {one.formula} | {one.source} |"
        for one in SIGNAL_COLUMNS
        for kind in [RELEASED.field(one.name).type]
    ]
    return "\n".join(lines) + "\n" + _END


def _paragraphs(text: str) -> list[str]:
    _, *rest = text.strip().split("\n\n")
    return [line for paragraph in rest for line in (*paragraph.splitlines(), "")]


if __name__ == "__main__":
    sys.stdout.write(page())
