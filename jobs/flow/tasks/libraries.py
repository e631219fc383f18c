"""Libraries that decide bytes: other versions of them make other texts, or other files of them.

Their versions are part of the key of every work table, so that none is read on after an upgrade,
and of the manifest, so that whoever compares two releases knows. What only carries bytes (Ray, S3
clients) or follows a fixed definition (xxhash) is not among them.
"""

from __future__ import annotations

import sys
import unicodedata
from importlib.metadata import PackageNotFoundError, version

DECIDING = (
    "datasketch",  # the permutations of signatures
    "fastwarc",
    "justext",  # what trafilatura falls back on
    "lxml",
    "lxml-html-clean",
    "numba",
    "numpy",
    "opencc",
    "orjson",
    "pyarrow",
    "resiliparse",
    "trafilatura",
)


def libraries() -> dict[str, str | None]:
    """The version of each, of Python and of its Unicode tables; None for one that is not there.

    Of Python the first two numbers: later ones only mend, and come by themselves on many machines.
    """
    python = "{}.{}".format(*sys.version_info)
    found = {name: _version(name) for name in DECIDING}
    return {"python": python, "unicode": unicodedata.unidata_version, **found}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
