"""What is repaired in a text: every rule by name, its bit, and whether a build wants it.

A bit is stored in releases: it is never given to another rule. The rules themselves are in the
modules that `normalization` calls; `docs/repairs.md` explains them with examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from jobs.config_errors import unknown_choice
from jobs.errors import ConfigError


class Repair(IntFlag):
    """The rules, in the order in which they are tried; a document's `repairs` is a sum of them."""

    MOJIBAKE = 1 << 0
    LINE_ENDS = 1 << 1
    INVISIBLE = 1 << 2
    MARKUP = 1 << 3
    WRAPS = 1 << 4
    BLANKS = 1 << 5
    WIDTH = 1 << 6
    RADICALS = 1 << 7
    COMPOSITION = 1 << 8
    PINYIN = 1 << 9
    SCRIPT = 1 << 10
    SPACES = 1 << 11
    PUNCTUATION = 1 << 12
    LAYOUT = 1 << 13


NAMES = {str(repair.name).lower(): repair for repair in Repair}


@dataclass(frozen=True)
class RepairParams:
    """Which rules a partner's texts meet.

    Attributes:
        skip: Names of rules that are left out, sorted.
        lost_share: The share of characters lost to wrong decoding (� and 锟斤拷) above which a text
            is refused, in [0, 1].
    """

    skip: tuple[str, ...]
    lost_share: float

    def __post_init__(self) -> None:
        """Refuse rules there are not, and an impossible share."""
        unknown = sorted(set(self.skip) - set(NAMES))
        if unknown:
            raise unknown_choice("normalization.skip", unknown[0], NAMES)
        if not 0 <= self.lost_share <= 1:
            raise ConfigError(
                f"normalization.lost_share={self.lost_share} is no share: give 0 to 1"
            )

    @property
    def wanted(self) -> Repair:
        """Return the rules that are not left out."""
        wanted = Repair(sum(Repair))
        for name in self.skip:
            wanted &= ~NAMES[name]
        return wanted


def repair_names(bits: int) -> list[str]:
    """Return the rules in a document's `repairs`, in order."""
    return [name for name, repair in NAMES.items() if bits & repair]
