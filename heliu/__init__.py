"""Heliu for programs: `heliu.open_release(…)` reads a published release."""

from jobs import __version__, open_release

__all__ = ["__version__", "open_release"]
