"""Libraries that decide bytes: other versions of them may make other texts, or other files.

Their versions are part of the key of every work table, so that tables made before an upgrade are
not read after it, and of the manifest, for comparing two releases. Libraries that only carry bytes
(Ray, S3 clients) or follow a fixed definition (xxhash) are not among them.
"""

from __future__ import annotations

import sys
import unicodedata
from importlib.metadata import PackageNotFoundError, version

DECIDING = (
    "fastwarc",
    "numba",
    "numpy",
    "opencc",
    "orjson",
    "publicsuffixlist",
    "pyarrow",
    "resiliparse",
)


def libraries() -> dict[str, str | None]:
    """Return the version of each, of Python and of its Unicode tables; None if not installed.

    Of Python the first two numbers: a third one brings fixes only, on many machines by itself.
    """
    python = "{}.{}".format(*sys.version_info)
    found = {name: _version(name) for name in DECIDING}
    return {"python": python, "unicode": unicodedata.unidata_version, **found}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
