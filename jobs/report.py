"""decisions ─ report ─▶ who duplicates whom, who loses how much. Reads only."""

from __future__ import annotations

from dataclasses import asdict

from jobs.command.program import run
from jobs.command.release_settings import Report, opened
from jobs.command.reports import report_alarms, report_survey
from jobs.command.terminal import is_json, say_json
from jobs.corpus.release.loss_alarms import AlarmParams
from jobs.errors import LossAlarm
from jobs.flow.build.loss_alarms import release_alarms
from jobs.flow.releases.survey import survey


def report(config: Report) -> None:
    """Survey a release; raise the alarm over what it lost of what it was given."""
    release = opened(config)
    found = survey(release, largest=config.largest)
    alarming = release_alarms(release, _alarm_params(config))
    if is_json(config.format):
        say_json({**asdict(found), "alarms": [asdict(alarm) for alarm in alarming]})
    else:
        report_survey(found, sites=config.sites)
        report_alarms(alarming)
    if alarming:
        listed = "\n".join(f"  {alarm.text}" for alarm in alarming)
        raise LossAlarm(f"{release.version} lost more than agreed:\n{listed}\nlook at why")


def _alarm_params(config: Report) -> AlarmParams:
    return AlarmParams(
        is_stopping=True,
        share=config.alarm,
        reason_share=config.alarm_reason_share,
        id_rows=config.alarm_id_rows,
        rows=config.alarm_rows,
    )


def main() -> None:
    """The program."""
    run("report", report)


if __name__ == "__main__":
    main()
