"""Parameters of near-duplicate search: what is checked here is not checked again."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.errors import ConfigError

VERIFICATIONS = ("signature", "exact")


@dataclass(frozen=True)
class SignatureParams:
    """How signatures are made; two tables compare only when these are equal."""

    num_perm: int
    seed: int
    shingle_chars: int

    def __post_init__(self) -> None:
        """Refuse what datasketch or the kernel could not do."""
        if self.num_perm < 2:
            raise ConfigError(f"minhash.num_perm is {self.num_perm}: give at least 2 permutations")
        if not 1 <= self.shingle_chars <= 64:
            raise ConfigError(
                f"minhash.shingle_chars is {self.shingle_chars}: give 1 to 64 characters"
            )
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"minhash.seed is {self.seed}: give 0 to 4294967295")


@dataclass(frozen=True)
class BandParams:
    """Geometry, threshold and verification of the pairs that meet.

    Attributes:
        num_perm: Words of a signature.
        bands: Bands; `bands` times `rows` words of the signature are used.
        rows: Words of a band.
        threshold: The similarity from which a document is dropped, in (0, 1].
        verify: `signature` estimates the similarity, `exact` computes it from the texts.
        shingle_chars: Characters of a shingle, as in the signature.
    """

    num_perm: int
    bands: int
    rows: int
    threshold: float
    verify: str
    shingle_chars: int

    def __post_init__(self) -> None:
        """Refuse a geometry the signature cannot feed, and thresholds that mean nothing."""
        if self.bands < 2 or self.rows < 1 or self.bands * self.rows > self.num_perm:
            raise ConfigError(
                f"minhash.bands={self.bands} x minhash.rows={self.rows} must use between 2 and "
                f"minhash.num_perm={self.num_perm} words: choose fewer bands or rows"
            )
        if self.verify not in VERIFICATIONS:
            raise ConfigError(
                f"minhash.verify is {self.verify!r}: choose {' or '.join(VERIFICATIONS)}"
            )
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"minhash.threshold is {self.threshold}: give a share in (0, 1]")

    @property
    def is_exact(self) -> bool:
        """Whether candidates are compared by their shingle sets rather than their signatures."""
        return self.verify == "exact"
