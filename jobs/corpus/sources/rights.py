"""Reserved rights: what becomes of documents whose pages opt out of mining or training."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from jobs.errors import ConfigError

# A statement about images reserves nothing of a text.
_OF_IMAGES = r"(^|; )[^;]*: noimageai"


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


def are_reserved(rights: pa.Array) -> pa.Array:
    """Return whether the opt-outs of each document are about its text; false for null.

    Args:
        rights: as `intake.opt_outs.joined` returns them.

    Law: row-wise.
    """
    of_text = pc.replace_substring_regex(rights, _OF_IMAGES, "")
    return pc.fill_null(pc.not_equal(of_text, ""), pa.scalar(value=False))
