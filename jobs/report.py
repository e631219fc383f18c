"""decisions ─ report ─▶ duplicates between partners, losses, clusters; one partner. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.reports import (
    report_alarms,
    report_bad_files,
    report_partner,
    report_survey,
)
from jobs.command.schemas import MISSING
from jobs.command.settings import ReleaseReport
from jobs.command.terminal import is_json, say_json
from jobs.corpus.release.alarm_params import AlarmParams
from jobs.errors import LossAlarm
from jobs.flow.releases.manifest_rows import bad_file_rows

if TYPE_CHECKING:
    from jobs.corpus.release.loss_alarms import Alarm
    from jobs.flow.releases.opened_release import OpenedRelease


@dataclass
class Settings(ReleaseReport):
    """Keys of report."""

    partner: str | None = MISSING
    examples: int = MISSING
    files: int = MISSING
    largest: int = MISSING
    sites: int = MISSING
    alarm: float = MISSING
    alarm_reason_share: float = MISSING
    alarm_id_rows: int = MISSING
    alarm_rows: int = MISSING
    alarm_bad_share: float = MISSING


@verb("read", "duplicates between partners, losses, the largest clusters")
def main(config: Settings) -> None:
    """Survey a release or what one partner gave; end with an alarm if too much of it was lost."""
    from jobs.flow.builds.loss_alarms import release_alarms

    release = opened(config)
    alarming = release_alarms(release, _alarm_params(config), partner=config.partner)
    if config.partner is None:
        _survey(release, alarming, config)
    else:
        _partner(release, config.partner, alarming, config)
    if alarming:
        listed = "\n".join(f"  {alarm.text}" for alarm in alarming)
        raise LossAlarm(f"{release.version} lost more than agreed:\n{listed}\nlook at why")


def _survey(release: OpenedRelease, alarming: Sequence[Alarm], config: Settings) -> None:
    from jobs.flow.releases.survey import survey

    found = survey(release, largest=config.largest)
    if is_json(config.format):
        bad_files = release.manifest.get("bad_files", [])
        alarms = [asdict(alarm) for alarm in alarming]
        say_json({**asdict(found), "bad_files": bad_files, "alarms": alarms})
    else:
        report_survey(found, sites=config.sites)
        report_bad_files(bad_file_rows(release.manifest))
        report_alarms(alarming)


def _partner(
    release: OpenedRelease, partner: str, alarming: Sequence[Alarm], config: Settings
) -> None:
    from jobs.flow.releases.partner_report import partner_report

    found = partner_report(release, partner, examples=config.examples)
    if is_json(config.format):
        say_json({**asdict(found), "alarms": [asdict(alarm) for alarm in alarming]})
    else:
        report_partner(found, files=config.files)
        report_alarms(alarming)


def _alarm_params(config: Settings) -> AlarmParams:
    return AlarmParams(
        is_stopping=True,
        share=config.alarm,
        reason_share=config.alarm_reason_share,
        id_rows=config.alarm_id_rows,
        rows=config.alarm_rows,
        bad_share=config.alarm_bad_share,
    )


if __name__ == "__main__":
    main()
