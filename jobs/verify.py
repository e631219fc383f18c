"""release ─ verify ─▶ whether it is what was published, also as exit code. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import COMPUTE, ReleaseReport, storage_params
from jobs.command.terminal import is_json, say, say_json
from jobs.errors import DamagedMetadata, DamagedRelease, RedactedRelease
from jobs.flow.releases.attestations import check_signature, signatures
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.quantities import Size, counted

if TYPE_CHECKING:
    from jobs.flow.releases.verification import Checks, Findings


@dataclass
class Settings(ReleaseReport):
    """Keys of verify."""

    level: str = MISSING
    sample: float = MISSING
    public_key: str | None = MISSING
    ray: bool = MISSING
    compute: Any = field(default_factory=COMPUTE)


@verb("read", "hashes and counts a release again")
def main(config: Settings) -> None:
    """Compare a release with its manifest, at the level of `level`."""
    from jobs.flow.releases.verification import verify

    release = opened(config)
    signed = list(_signed(release, config.public_key))
    checks = _on_ray(config) if config.ray else None
    findings = verify(release, config.level, sample=config.sample, checks=checks)
    name = f"{release.corpus} {release.version}"
    if is_json(config.format):
        pinned = {"version": release.version, "digest": release.digest, "signatures": signed}
        say_json({**pinned, **asdict(findings)})
    _raise_for(name, findings)
    if findings.is_redacted and "@sha256:" in config.release:
        raise RedactedRelease(
            f"{name} is sound, but rows were taken out of it since it was published with digest "
            f"{release.digest}: heliu releases lists the release without them"
        )
    if not is_json(config.format):
        say(
            f"{name} is sound by {findings.level}: "
            f"{counted(findings.documents, 'document')}, {counted(findings.files, 'file')} "
            f"({findings.files_read:,} read whole), "
            f"{Size(findings.size_bytes)}, digest {release.digest}"
        )
        if findings.orphans:
            say(f"{findings.orphans:,} stored files belong to no release, which is harmless")
        for one in signed:
            how = "checked" if one["is_checked"] else "not checked, public_key=FILE does"
            say(f"signed by {one['key']} at {one['at'] or 'an unknown time'} ({how})")


def _signed(release: OpenedRelease, public_key: str | None) -> Iterator[dict[str, Any]]:
    """Yield each signature of the release, and whether `public_key` checked it."""
    checked = check_signature(release, Path(public_key)) if public_key else None
    for signature in signatures(release):
        yield {**asdict(signature), "is_checked": signature == checked}


def _raise_for(name: str, findings: Findings) -> None:
    for kind, problems in (
        (DamagedMetadata, findings.metadata_problems),
        (DamagedRelease, findings.problems),
    ):
        if problems:
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise kind(f"{name} is not what was published:\n{listed}\nrestore it from a copy")


def _on_ray(config: Settings) -> Checks:
    """Check files as tasks of Ray."""
    from jobs.flow.releases.file_checks import check_stored
    from jobs.on_ray.compute import ComputeParams
    from jobs.on_ray.shards import map_shards

    compute = ComputeParams(**asdict(config.compute))
    task = partial(check_stored, storage=storage_params(config.storage))
    return partial(map_shards, task, compute=compute, label="verify")


if __name__ == "__main__":
    main()
