"""Parameters of removal: what counts as a repeated line, and what as site boilerplate."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.errors import ConfigError


@dataclass(frozen=True)
class RepeatedLineParams:
    """Which repeated lines are removed.

    Attributes:
        is_on: Whether any are.
        min_chars: Letters and digits a line must have.
        min_times: How often a caption must occur.
        min_pasted_chars: Letters and digits of a block of lines that follows itself.
    """

    is_on: bool = field(metadata={"key": "repeated"})
    min_chars: int
    min_times: int
    min_pasted_chars: int

    def __post_init__(self) -> None:
        """Refuse values under which lines are removed that occur once."""
        if self.min_chars < 1 or self.min_times < 2 or self.min_pasted_chars < self.min_chars:
            raise ConfigError(
                f"paragraphs: min_chars={self.min_chars}, min_times={self.min_times}, "
                f"min_pasted_chars={self.min_pasted_chars}: give at least 1, at least 2, and at "
                "least min_chars"
            )


@dataclass(frozen=True)
class SiteBoilerplateParams:
    """What counts as site boilerplate.

    Attributes:
        is_on: Whether it is searched for.
        min_documents: Documents of a site that must have a line.
        min_share: The share of all its documents that must have it too, in (0, 1].
        max_share: The share of its letters that a text may lose, in (0, 1].
    """

    is_on: bool = field(metadata={"key": "site_boilerplate"})
    min_documents: int
    min_share: float
    max_share: float = 1.0  # releases that do not record it had no limit

    def __post_init__(self) -> None:
        """Refuse values that make every line boilerplate."""
        if self.min_documents < 2 or not 0 < self.min_share <= 1:
            raise ConfigError(
                f"paragraphs: min_documents={self.min_documents}, min_share={self.min_share}: "
                "give at least 2, and a share above 0 and up to 1"
            )
        if not 0 < self.max_share <= 1:
            raise ConfigError(
                f"paragraphs: max_share={self.max_share}: give a share above 0 and up to 1"
            )
