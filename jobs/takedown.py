"""release ─ takedown ─▶ a release without certain documents, which no later build brings back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.command.program import circumstances, run
from jobs.command.release_settings import Takedown
from jobs.command.settings import storage_params
from jobs.command.terminal import ProgressLine, is_json, say, say_json, say_table
from jobs.errors import ConfigError

if TYPE_CHECKING:
    from jobs.flow.takedown.selection import Request
    from jobs.flow.takedown.takedown import TakenDown

_SITES = 20
_PRIVATE = ("ids", "urls", "url_prefix", "domain", "contains")


def takedown(config: Takedown) -> None:
    """Say what would go, or with `apply` take it down."""
    from jobs.command.parameters import recorded_build  # noqa: PLC0415
    from jobs.flow.releases.opened import choose_corpus  # noqa: PLC0415  --help need not load numba
    from jobs.flow.takedown.matches import search  # noqa: PLC0415
    from jobs.flow.takedown.renormalization import RebuildContext  # noqa: PLC0415
    from jobs.flow.takedown.takedown import take_down  # noqa: PLC0415
    from jobs.storage.stores import open_store  # noqa: PLC0415

    as_json = is_json(config.format)
    store = open_store(storage_params(config.storage))
    corpus = choose_corpus(store, config.corpus.name)
    request = _request(config)
    if not config.apply:
        report = search(corpus, request).report()
        _say(report, as_json=as_json)
        if not as_json:
            say("nothing was changed; apply=true takes these documents down")
        return
    rebuild = RebuildContext(partial(recorded_build, at=config), ProgressLine())
    found, done = take_down(corpus, request, commit_info=_about(config), rebuild=rebuild)
    report = found.report() if found is not None else {}
    if as_json:
        told = {"version": done.release.version, "digest": done.release.digest}
        say_json({**told, "is_new": done.is_new, "erasure": done.erasure, "found": report})
        return
    if report:
        _say(report, as_json=False)
    _say_done(done)


def _request(config: Takedown) -> Request:
    from jobs.corpus.release.takedown import Policy, Selection  # noqa: PLC0415
    from jobs.flow.takedown.selection import Request, document_ids  # noqa: PLC0415

    if config.policy not in [str(policy) for policy in Policy]:
        raise ConfigError(f"policy={config.policy!r}: choose {' or '.join(Policy)}")
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
        release=config.release,
        version=config.version,
        selection=selection,
        reason=config.reason,
        policy=Policy(config.policy),
        is_redacting=config.redact,
    )


def _about(config: Takedown) -> dict[str, Any]:
    """The circumstances without what was searched for: the log is for ever."""
    about = circumstances(config)
    configuration = about["configuration"]
    for name in _PRIVATE:
        configuration[name] = bool(configuration[name])
    return about


def _say(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(report)
        return
    say_table(["partner", "documents"], list(report["partners"].items()))
    say()
    say_table(["site", "documents"], list(report["sites"].items())[:_SITES])
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
        say("rows in no release that still tell of it; address, id and evidence go:")
        say_table(["release", "verdict", "rows"], rows)
        say()
    examples = f"; such as {', '.join(report['examples'])}" if report["examples"] else ""
    say(f"files concerned: {files or 'none'}{examples}")
    if report["copies"]:
        copies = ", ".join(f"{count:,} of {name}" for name, count in report["copies"].items())
        say(f"copies that were dropped for them and may return: {copies}")
    if report["missing_ids"]:
        say(f"{report['missing_ids']:,} ids are no documents there: heliu explain id=… says why")


def _say_done(done: TakenDown) -> None:
    release = done.release
    corrects = release.manifest["corrects"]
    state = "published" if done.is_new else "was published already"
    say(
        f"{release.corpus} {release.version} {state}: {corrects['version']} without "
        f"{corrects['documents']:,} documents, {corrects['restored']:,} copies of them restored, "
        f"digest {release.digest}"
    )
    if done.erasure is not None:
        releases = ", ".join(done.erasure["releases"])
        say(
            f"{len(done.erasure['deleted']):,} objects deleted and gone; without these rows read: "
            f"{releases}; record: {done.erasure['stored']}"
        )


def main() -> None:
    """The program."""
    run("takedown", takedown)


if __name__ == "__main__":
    main()
