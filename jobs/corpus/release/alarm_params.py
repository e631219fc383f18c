"""Limits of loss alarms."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.errors import ConfigError


@dataclass(frozen=True)
class AlarmParams:
    """The limits of alarms; none changes a byte of a release.

    Attributes:
        is_stopping: Whether an alarm stops a build from being published.
        share: Of a partner's or site's rows that may be dropped or rejected.
        reason_share: Of a partner's rows that one reason may take which is no near or exact copy.
        id_rows: Rows with one id of which all but one are dropped.
        rows: Partners and sites with fewer rows raise no alarm about shares.
        bad_share: Of a partner's files, and of their bytes, that may be set aside.
    """

    is_stopping: bool
    share: float = field(metadata={"key": "alarm_share"})
    reason_share: float = field(metadata={"key": "alarm_reason_share"})
    id_rows: int = field(metadata={"key": "alarm_id_rows"})
    rows: int = field(metadata={"key": "alarm_rows"})
    bad_share: float = field(metadata={"key": "alarm_bad_share"})

    def __post_init__(self) -> None:
        """Refuse what is no share or count."""
        for name in ("share", "reason_share", "bad_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(
                    f"limits.alarm_{name}={getattr(self, name)} is no share: give 0 to 1"
                )
        for name in ("id_rows", "rows"):
            if getattr(self, name) < 1:
                raise ConfigError(f"limits.alarm_{name}={getattr(self, name)}: give 1 or more")
