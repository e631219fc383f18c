"""Heliu for programs: `heliu.open_release(…)` reads a published release."""

from jobs import __version__, open_release
from jobs.errors import HeliuError

__all__ = ["HeliuError", "__version__", "open_release"]
