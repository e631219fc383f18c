"""Writes docs/errors.md from the explanations of the codes.

python -m tests.errors_page > docs/errors.md
"""

from __future__ import annotations

import sys

from jobs.command.error_guide import explanations

_START = """\
# Errors

Written by `python -m tests.errors_page > docs/errors.md`: change `jobs/command/errors.yaml`.

Every error has a code, which never changes its meaning: scripts may rely on it. Its first two
digits are the [exit code](running.md#exit-codes). `heliu help CODE` prints what stands here.
"""


def page() -> str:
    """The page: a list of codes, then a section for each."""
    known = explanations().values()
    lines = [_START, "| code | exit | error | what it is |", "|---|---|---|---|"]
    lines += [
        f"| [{one.code}](#{one.code.lower()}) | {one.exit_code} | {one.name} | {one.summary} |"
        for one in known
    ]
    for one in known:
        lines += [
            "",
            f"## {one.code}",
            "",
            f"{one.summary} ({one.name}, exit code {one.exit_code})",
        ]
        lines += ["", f"**Cause**: {one.cause}", "", f"**What to do**: {one.remedy}"]
        lines += ["", "```", one.example, "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
