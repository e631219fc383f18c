"""release ─ verify ─▶ whether it is what was published; the exit code says it. Reads only."""

from __future__ import annotations

from dataclasses import asdict

from jobs.application import run
from jobs.errors import DamagedRelease
from jobs.flow.verifying import verify as verified
from jobs.settings import Show, opened
from jobs.terminal import is_json, say, say_json


def verify(config: Show) -> None:
    """Hash and count everything again."""
    release = opened(config)
    findings = verified(release)
    name = f"{release.corpus} {release.version}"
    if is_json(config.format):
        say_json({"version": release.version, "digest": release.digest, **asdict(findings)})
    if findings.problems:
        listed = "\n".join(f"  {problem}" for problem in findings.problems)
        raise DamagedRelease(f"{name} is not what was published:\n{listed}\nrestore it from a copy")
    if not is_json(config.format):
        say(
            f"{name} is sound: {findings.documents:,} documents, {findings.files:,} files, "
            f"{findings.size_bytes:,} bytes, digest {release.digest}"
        )


def main() -> None:
    """The program."""
    run("verify", verify)


if __name__ == "__main__":
    main()
