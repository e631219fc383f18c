"""What opt-outs of pages decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jobs.errors import ConfigError


class RightsPolicy(StrEnum):
    """What opt-outs decide. Releases store these words."""

    OFF = "off"
    REPORT = "report"  # nothing: documents have them in a column
    REJECT = "reject"  # documents whose text is reserved


@dataclass(frozen=True)
class RightsParams:
    """What opt-outs decide; releases that record nothing of it did not look.

    Attributes:
        policy: One of RightsPolicy.
    """

    policy: str = "off"

    def __post_init__(self) -> None:
        """Refuse words that are no policy."""
        if self.policy not in set(RightsPolicy):
            raise ConfigError(f"rights.policy={self.policy!r}: choose {', '.join(RightsPolicy)}")

    @property
    def is_on(self) -> bool:
        """Whether opt-outs are looked at."""
        return self.policy != RightsPolicy.OFF
