"""verdicts ─ accept ─▶ pass rates, and a signed attestation beside the release or candidate."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.command.program import now, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import ReleaseReport, storage_params
from jobs.command.terminal import ProgressLine, is_json, note, say, say_json, say_table
from jobs.errors import ConfigError, NotAccepted

if TYPE_CHECKING:
    from jobs.corpus.release.acceptance import Check, Review
    from jobs.flow.releases.candidates import Candidate
    from jobs.flow.releases.review_samples import Sample
    from jobs.flow.releases.verdict_files import VerdictFile
    from jobs.storage.manifests import JsonObject


@dataclass
class Settings(ReleaseReport):
    """Keys of accept."""

    verdicts: Any = MISSING  # a path, or a list of them
    key: str = MISSING


@verb("build", "takes the verdicts of a sample back and attests, signed, what they say")
def main(config: Settings) -> None:
    """Check the verdicts, print rates, and store a signed attestation of them."""
    from jobs.command.partner_params import patterns
    from jobs.corpus.release.acceptance import shortfalls
    from jobs.flow.releases.acceptance import attest
    from jobs.flow.releases.attestations import read_private_key
    from jobs.flow.releases.candidates import open_reviewed
    from jobs.flow.releases.verdict_files import read_verdicts
    from jobs.storage.stores import open_store

    as_json = is_json(config.format)
    key = read_private_key(Path(config.key), "key")
    files = [read_verdicts(Path(path)) for path in patterns(config.verdicts)]
    if not files:
        raise ConfigError("please give verdicts=FILE, or verdicts=[FILE,FILE] of several reviewers")
    store = open_store(storage_params(config.storage))
    candidate = open_reviewed(store, config.corpus.name, config.release)
    release, demands = candidate.release, candidate.acceptance
    if release.warning is not None:
        note(f"heliu: {release.warning}")
    sample, found, check, stated = _stated(candidate, files)
    where = attest(sample, stated, key, at=now())
    of_review = {name: stated[name] for name in ("review", "check")}
    lacking = [*shortfalls(demands, documents=release.manifest["documents"], **of_review)]
    if as_json:
        say_json({**sample.name, **stated, "attestation": where, "lacking": lacking})
    else:
        _report(sample, found, check)
        say(f"attested  {where}")
    if lacking:
        raise NotAccepted(f"{release.corpus} {release.version}: {'; '.join(lacking)}")


def _stated(
    candidate: Candidate, files: Sequence[VerdictFile]
) -> tuple[Sample, Review, Check | None, JsonObject]:
    """Draw the sample again and count its verdicts; return what is attested of them."""
    from jobs.corpus.release.acceptance import review
    from jobs.flow.releases.acceptance import facts
    from jobs.flow.releases.review_samples import check_limits, draw
    from jobs.flow.releases.verdict_files import complete_verdicts, one_sample
    from jobs.storage.canonical_json import canonical_json, sha256_hex

    release, demands = candidate.release, candidate.acceptance
    sample = draw(release, one_sample(files).params, progress=ProgressLine())
    verdicts = complete_verdicts(files, sample)
    found = review(sample.parts, verdicts)
    check = check_limits(release, demands.limits) if demands.is_limited else None
    stated = facts(
        sample,
        found,
        check,
        verdicts=sha256_hex(canonical_json([verdicts[one] for one in sample.ids])),
        reviewers=sorted({name for file in files for name in file.reviewers}),
    )
    return sample, found, check, stated


def _report(sample: Sample, found: Review, check: Check | None) -> None:
    rows: list[list[Any]] = [
        [
            *("-" if value is None else value for value in one.key),
            *(one.documents, one.drawn, one.passed, *one.interval),
        ]
        for one in found.strata
    ]
    header = ["documents", "reviewed", "passed", "at least", "at most"]
    say_table([*sample.params.by, *header], rows)
    for name, counts in (("verdict", found.verdicts), ("category", found.categories)):
        if counts:
            say()
            say_table([name, "documents"], sorted(counts.items()))
    low, high = found.interval
    say(
        f"\n{found.passed:,} of {found.documents:,} reviewed documents passed, "
        f"{found.passed / found.documents:.2%}: of all, between {low:.2%} and {high:.2%} (95 %)"
    )
    say(f"with each stratum weighted by its documents {found.weighted_share:.2%}")
    if check is not None:
        say(
            f"{check.within:,} of {check.documents:,} documents are within the limits of signals, "
            f"{check.within / check.documents:.2%}"
        )
        above = [[name, count, check.limits[name]] for name, count in check.above.items()]
        say_table(["signal", "documents above", "limit"], above)


if __name__ == "__main__":
    main()
