"""decisions ─ report ─▶ who duplicates whom, who loses how much. Reads only."""

from __future__ import annotations

from dataclasses import asdict

from jobs.application import run
from jobs.errors import LossAlarm
from jobs.flow.surveying import survey
from jobs.release_settings import Report, opened
from jobs.reports import report_survey
from jobs.terminal import is_json, say_json


def report(config: Report) -> None:
    """Survey a release; raise the alarm if somebody loses more than the given share."""
    found = survey(opened(config), largest=config.largest)
    if is_json(config.format):
        say_json(asdict(found))
    else:
        report_survey(found, sites=config.sites)
    alarming = [
        f"  {name} {row[name]}: {row['lost']:.1%} of {row['delivered']:,} rows"
        for name, rows in (("partner", found.partners), ("site", found.sites))
        for row in rows
        if row["lost"] > config.alarm and row["delivered"] >= config.alarm_rows
    ]
    if alarming:
        listed = "\n".join(alarming)
        raise LossAlarm(f"lost more than alarm={config.alarm:.0%}:\n{listed}\nlook at why")


def main() -> None:
    """The program."""
    run("report", report)


if __name__ == "__main__":
    main()
