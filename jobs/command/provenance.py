"""Which code runs: for the log entry of a release, never part of a digest."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_SECONDS = 10


def code_state() -> dict[str, str | bool]:
    """Return the sha256 of heliu's code and configuration; in a clone also commit and `is_dirty`.

    `is_dirty`: whether files differ from the commit.
    """
    state: dict[str, str | bool] = {"sha256": _code_digest()}
    commit = _git("rev-parse", "HEAD")
    if commit is not None:
        state["commit"] = commit
        state["is_dirty"] = _git("status", "--porcelain", "--", "jobs", "conf") != ""
    return state


def lock_digest() -> str | None:
    """Return the sha256 of requirements.lock; None outside a clone, where it installs nothing."""
    path = _PACKAGE.parent / "requirements.lock"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _code_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _git(*arguments: str) -> str | None:
    """Return git's answer about this clone; None without a clone or git."""
    if not (_PACKAGE.parent / ".git").exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603  arguments are constants
            ["git", "-C", str(_PACKAGE.parent), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
