"""release ─ takedown ─▶ a release without certain documents, which no later build brings back."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.command.chosen_release import opened
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import COMPUTE, ReleaseReport
from jobs.command.terminal import ProgressLine, is_json, note, say, say_json, say_table
from jobs.config_errors import unknown_choice
from jobs.quantities import counted

if TYPE_CHECKING:
    from jobs.flow.releases.opened_release import OpenedRelease
    from jobs.flow.takedown.selection import Request
    from jobs.flow.takedown.takedown import TakenDown

_SITES = 20
_PRIVATE = ("ids", "urls", "url_prefix", "domain", "contains")


@dataclass
class Settings(ReleaseReport):
    """Keys of takedown."""

    version: str = MISSING
    ids: list[str] = MISSING
    urls: list[str] = MISSING
    url_prefix: str | None = MISSING
    domain: str | None = MISSING
    partner: str | None = MISSING
    licence: str | None = MISSING
    contains: str | None = MISSING
    reason: str = MISSING
    policy: str = MISSING
    apply: bool = MISSING
    redact: bool = MISSING
    deliveries: Any = MISSING  # null, or where deliveries are now, by partner
    compute: Any = field(default_factory=COMPUTE)


@verb("correct", "a release without certain documents, which no later build brings back")
def main(config: Settings) -> None:
    """Report what a request covers, or with `apply` take it down."""
    from jobs.command.parameters import recorded_build
    from jobs.flow.takedown.matches import search
    from jobs.flow.takedown.renormalization import RebuildContext
    from jobs.flow.takedown.takedown import take_down

    as_json = is_json(config.format)
    request = _request(config)
    release = opened(config)
    _note_later(release, request)
    if not config.apply:
        report = search(release, request).report()
        _say(report, as_json=as_json)
        if not as_json:
            say("nothing was changed; apply=true takes these documents down")
        return
    rebuilt = partial(
        recorded_build,
        storage=config.storage,
        compute=config.compute,
        deliveries=config.deliveries,
    )
    rebuild = RebuildContext(rebuilt, ProgressLine())
    found, done = take_down(release, request, commit_info=_commit_info(config), rebuild=rebuild)
    report = found.report() if found is not None else {}
    if as_json:
        name = {"version": done.release.version, "digest": done.release.digest}
        say_json({**name, "is_new": done.is_new, "erasure": done.erasure, "found": report})
        return
    if report:
        _say(report, as_json=False)
    _say_done(done)


def later_releases(release: OpenedRelease, correction: str) -> list[str]:
    """Return the releases published since, but for yanked ones and the correction itself."""
    versions = [one["version"] for one in release.at.registry.releases if "yanked" not in one]
    since = versions.index(release.version) + 1 if release.version in versions else len(versions)
    return [one for one in versions[since:] if one != correction]


def _note_later(release: OpenedRelease, request: Request) -> None:
    if not request.is_redacting and (later := later_releases(release, request.version)):
        note(
            f"heliu: later than {release.version}, and left as they are: {', '.join(later)}; take "
            f"the documents down from {later[-1]} too, or from every release by redact=true"
        )


def _request(config: Settings) -> Request:
    from jobs.corpus.release.takedown import Policy, Selection
    from jobs.flow.takedown.selection import Request, document_ids

    if config.policy not in [str(policy) for policy in Policy]:
        raise unknown_choice("policy", config.policy, Policy)
    selection = Selection(
        ids=document_ids(config.ids),
        urls=tuple(config.urls),
        url_prefix=config.url_prefix,
        domain=config.domain,
        partner=config.partner,
        licence=config.licence,
        contains=config.contains,
    )
    return Request(
        version=config.version,
        selection=selection,
        reason=config.reason,
        policy=Policy(config.policy),
        is_redacting=config.redact,
    )


def _commit_info(config: Settings) -> dict[str, Any]:
    """Return the commit info without the search criteria, because the log is permanent."""
    info = circumstances(config)
    configuration = info["configuration"]
    for name in _PRIVATE:
        configuration[name] = bool(configuration[name])
    return info


def _say(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(report)
        return
    say_table(["partner", "documents"], list(report["partners"].items()))
    say()
    say_table(
        ["site", "documents"],
        [[site or "-", count] for site, count in list(report["sites"].items())[:_SITES]],
    )
    say()
    say_table(["release", "documents"], list(report["documents"].items()))
    say()
    files = ", ".join(f"{count:,} of {kind}" for kind, count in report["files"].items() if count)
    if report["rows"]:
        rows = [
            [version, verdict, count]
            for version, verdicts in report["rows"].items()
            for verdict, count in verdicts.items()
        ]
        say("rejected and dropped rows that match; their address, id and evidence are removed:")
        say_table(["release", "verdict", "rows"], rows)
        say()
    if report["examples"]:
        say(f"documents such as {', '.join(report['examples'])}")
    say(f"files concerned: {files or 'none'}")
    if report["copies"]:
        copies = ", ".join(f"{count:,} of {name}" for name, count in report["copies"].items())
        say(f"duplicates of them that may be restored: {copies}")
    if report["missing_ids"]:
        say(f"{report['missing_ids']:,} ids are no documents there: heliu explain id=… says why")


def _say_done(done: TakenDown) -> None:
    release = done.release
    corrects = release.manifest["corrects"]
    state = "published" if done.is_new else "was published already"
    say(
        f"{release.corpus} {release.version} {state}: {corrects['version']} without "
        f"{counted(corrects['documents'], 'document')}, {corrects['restored']:,} copies of them "
        f"restored, "
        f"digest {release.digest}"
    )
    if done.erasure is not None:
        releases = ", ".join(done.erasure["releases"])
        say(
            f"{counted(len(done.erasure['deleted']), 'object')} deleted; read without these rows: "
            f"{releases}; record: {done.erasure['stored']}"
        )


if __name__ == "__main__":
    main()
