"""release ─ verify ─▶ whether it is what was published; the exit code says it. Reads only."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.application import run
from jobs.errors import DamagedMetadata, DamagedRelease, RedactedRelease
from jobs.flow.attesting import check_signature
from jobs.release_settings import Verify, opened
from jobs.settings import storage_params
from jobs.terminal import is_json, say, say_json

if TYPE_CHECKING:
    from jobs.flow.verifying import Checks, Findings


def verify(config: Verify) -> None:
    """Compare a release with its manifest, as closely as `level` asks."""
    from jobs.flow.verifying import verify as verified  # noqa: PLC0415  --help need not load numba

    release = opened(config)
    if config.public_key:
        check_signature(release, Path(config.public_key))
    checks = _on_ray(config) if config.ray else None
    findings = verified(release, config.level, sample=config.sample, checks=checks)
    name = f"{release.corpus} {release.version}"
    if is_json(config.format):
        say_json({"version": release.version, "digest": release.digest, **asdict(findings)})
    _raise_for(name, findings)
    if findings.is_redacted and "@sha256:" in config.release:
        raise RedactedRelease(
            f"{name} is sound, but rows were taken out of it since it was published with digest "
            f"{release.digest}: heliu releases lists the release without them"
        )
    if not is_json(config.format):
        say(
            f"{name} is sound by {findings.level}: {findings.documents:,} documents, "
            f"{findings.files:,} files ({findings.files_read:,} read whole), "
            f"{findings.size_bytes:,} bytes, digest {release.digest}"
        )
        if findings.orphans:
            say(f"{findings.orphans:,} stored files belong to no release; they do no harm")


def _raise_for(name: str, findings: Findings) -> None:
    for kind, problems in (
        (DamagedMetadata, findings.metadata_problems),
        (DamagedRelease, findings.problems),
    ):
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise kind(f"{name} is not what was published:\n{listed}\nrestore it from a copy")


def _on_ray(config: Verify) -> Checks:
    """Files are checked as tasks of Ray."""
    from jobs.flow.checking import check_stored  # noqa: PLC0415  Ray takes seconds to load
    from jobs.on_ray.compute import ComputeParams  # noqa: PLC0415
    from jobs.on_ray.shards import map_shards  # noqa: PLC0415

    compute = ComputeParams(**asdict(config.compute))
    task = partial(check_stored, storage=storage_params(config.storage))
    return partial(map_shards, task, compute=compute, label="verify")


def main() -> None:
    """The program."""
    run("verify", verify)


if __name__ == "__main__":
    main()
