"""What a release must be attested as before it is published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.errors import ConfigError


@dataclass(frozen=True)
class AcceptanceParams:
    """What is demanded before a release is published; none changes a byte of it.

    Attributes:
        reviewed: Documents that people have reviewed, at least; 0 demands none.
        passed: The share of these that passed; those of which they are unsure did not.
        limits: The most of a signal that a document may have, by signal.
        within: The share of all documents that are within the limits; 0 demands none.
        public_key: Path of the key whose attestation is asked for; None for any key.
    """

    reviewed: int
    passed: float
    limits: dict[str, float]
    within: float
    public_key: str | None

    def __post_init__(self) -> None:
        for name in ("passed", "within"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(
                    f"acceptance.{name}={getattr(self, name)} is no share: give 0.96, at most 1"
                )
        if self.reviewed < 0:
            raise ConfigError(f"acceptance.reviewed={self.reviewed}: give 0 or more")
        if self.limits:
            _require_signals(self.limits)

    @property
    def is_demanded(self) -> bool:
        """Whether a release needs an attestation to be published."""
        return self.reviewed > 0 or self.is_limited

    @property
    def is_limited(self) -> bool:
        """Whether signals must be checked."""
        return self.within > 0 and bool(self.limits)


def _require_signals(names: Iterable[str]) -> None:
    from jobs.corpus.model.signal_columns import SIGNALS  # noqa: PLC0415  Arrow is slow to load

    unknown = sorted(set(names) - set(SIGNALS.names))
    if unknown:
        raise ConfigError(
            f"acceptance.limits.{unknown[0]}: there is no such signal: docs/signals.md lists them"
        )
