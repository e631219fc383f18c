"""Writes docs/parameters.md from the comments of `conf/`.

python -m tests.parameters_page > docs/parameters.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from jobs.cli import GROUPS, verbs
from jobs.command.conf_files import includes
from jobs.command.keys import Key, keys_of_verb

_START = """\
# Parameters

Written by `python -m tests.parameters_page > docs/parameters.md`: change the comments in `conf/`.

Every key that a verb takes as `KEY=VALUE`, its default (`$NAME` is taken from the environment) and
what it means; a list in front of the meaning holds all values that it takes. `heliu VERB --help`
prints the same for one verb, `heliu help KEY` for a key and those below it. The keys of a
partner's file are in [partners.md](partners.md).
"""
_SHARED = {
    "build_defaults": "Keys of a build",
    "corpus_defaults": "Keys that choose a corpus",
    "storage_defaults": "Keys of the store",
    "compute_defaults": "Keys of the tasks",
}


def page() -> str:
    """The page: what verbs share, then the keys of each verb."""
    lines = [_START.rstrip()]
    for source, heading in _SHARED.items():
        takers = ", ".join(f"`{name}`" for name in verbs() if source in _sources(name))
        lines += ["", f"## {heading}", "", f"Of {takers}.", ""]
        lines += table([key for key in keys_of_verb(source) if key.source == source])
    for group, heading in GROUPS.items():
        for name, (of, summary) in verbs().items():
            if of == group:
                lines += ["", f"## heliu {name}", "", f"{heading}: {summary}.", *_own(name)]
    return "\n".join(lines) + "\n"


def _sources(name: str) -> set[str]:
    """The files of `conf/` that a verb includes, and those that they include."""
    found = list(includes(name.replace("-", "_")))
    for one in found:
        found += includes(one)
    return set(found)


def _own(name: str) -> Iterator[str]:
    own = [key for key in keys_of_verb(name.replace("-", "_")) if key.source not in _SHARED]
    shared = [
        f"[{_SHARED[one]}](#{_anchor(_SHARED[one])})" for one in _SHARED if one in _sources(name)
    ]
    if own:
        yield from ("", *table(own))
    if shared:
        yield from ("", f"And: {', '.join(shared)}.")


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def table(keys: list[Key]) -> Iterator[str]:
    """The rows of a table of keys."""
    yield from ("| key | default | meaning |", "|---|---|---|")
    for key in keys:
        meaning = "<br>".join(key.shown_meaning).replace("|", "\\|")
        default = f"`{key.shown_default}`" if key.default else ""
        yield f"| `{key.name}` | {default} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(page())
