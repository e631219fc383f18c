"""decisions ─ report ─▶ duplicates between partners, losses, clusters. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import asdict, dataclass

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.reports import report_alarms, report_bad_files, report_survey
from jobs.command.schemas import MISSING
from jobs.command.settings import ReleaseReport
from jobs.command.terminal import is_json, say_json
from jobs.corpus.release.alarm_params import AlarmParams
from jobs.errors import LossAlarm
from jobs.flow.releases.card import bad_file_rows


@dataclass
class Settings(ReleaseReport):
    """Keys of report."""

    largest: int = MISSING
    sites: int = MISSING
    alarm: float = MISSING
    alarm_reason_share: float = MISSING
    alarm_id_rows: int = MISSING
    alarm_rows: int = MISSING
    alarm_bad_share: float = MISSING


@verb("read", "duplicates between partners, losses, the largest clusters")
def main(config: Settings) -> None:
    """Survey a release; end with an alarm if it lost too much of its deliveries."""
    from jobs.flow.builds.loss_alarms import release_alarms
    from jobs.flow.releases.survey import survey

    release = opened(config)
    found = survey(release, largest=config.largest)
    alarming = release_alarms(release, _alarm_params(config))
    if is_json(config.format):
        bad_files = release.manifest.get("bad_files", [])
        alarms = [asdict(alarm) for alarm in alarming]
        say_json({**asdict(found), "bad_files": bad_files, "alarms": alarms})
    else:
        report_survey(found, sites=config.sites)
        report_bad_files(bad_file_rows(release.manifest))
        report_alarms(alarming)
    if alarming:
        listed = "\n".join(f"  {alarm.text}" for alarm in alarming)
        raise LossAlarm(f"{release.version} lost more than agreed:\n{listed}\nlook at why")


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
