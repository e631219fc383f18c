"""`heliu VERB key=value …`: the same programs as `python -m jobs.VERB key=value …`."""

from __future__ import annotations

import importlib
import sys

from jobs import __version__
from jobs.command.exits import fail, foreseen

VERBS = {
    "build": "deliveries of several partners in, one published release out",
    "normalize": "one stage: deliveries become documents and facts",
    "dedup": "one stage: finds the documents that another one replaces",
    "merge": "one stage: documents that stay become shards, every row gets its decision",
    "publish": "one stage: commits a merged candidate by one conditional write",
    "judge": "what rules would reject, from stored signals; how a signal is distributed",
    "doctor": "makes a storage root prove that it can hold releases",
    "releases": "lists the releases of a storage root",
    "show": "what a release holds, as a table or JSON",
    "files": "the addresses of a release's document shards",
    "decisions": "the addresses of a release's decision files",
    "verify": "hashes and counts a release again",
    "sign": "says with a key whose a published release is",
    "log": "everything that happened to a corpus, entry by entry",
    "tag": "gives a release another name",
    "yank": "withdraws a release: latest skips it",
    "takedown": "a release without certain documents, which no later build brings back",
    "decontaminate": "which documents of a release hold items of evaluation sets",
    "rollback": "lets latest mean an older release",
    "gc": "says what no release needs, and removes it",
    "diff": "what one release has that another has not, and why",
    "mirror": "copies a release to another store or directory and verifies it",
    "export": "writes a release as jsonl, as a Hugging Face folder, or its derived files",
    "explain": "why a document is in or out",
    "report": "who duplicates whom, who loses how much, the largest clusters",
    "train-quality": "good and bad text in, a model that gives every document its quality out",
    "tune": "what a choice of bands and rows finds, misses and costs",
    "demo": "writes three partners' synthetic deliveries to try everything on",
}

_USAGE = """\
heliu merges the text of several partners into one immutable, explained corpus release.

usage: heliu VERB [--config-dir DIR] [key=value ...]
       heliu VERB --help
       heliu --version
"""


def main() -> None:
    """Hand over to the verb's own program."""
    with foreseen():
        verb, *rest = sys.argv[1:] or ["--help"]
        if verb in {"--help", "-h", "help"}:
            sys.stdout.write(_usage() + "\n")
        elif verb == "--version":
            sys.stdout.write(f"heliu {__version__}\n")
        elif verb not in VERBS:
            fail(f"no verb {verb!r}\n\n{_usage()}", 2)
        else:
            sys.argv = [f"heliu {verb}", *rest]
            importlib.import_module(f"jobs.{verb.replace('-', '_')}").main()


def _usage() -> str:
    return _USAGE + "\n" + "\n".join(f"  {verb:<13} {what}" for verb, what in VERBS.items())
