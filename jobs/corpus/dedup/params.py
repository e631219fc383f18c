"""Parameters of near-duplicate search: what is checked here is not checked again."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.config_errors import unknown_choice
from jobs.corpus.dedup.geometry import ENOUGH, MARGIN, Geometry, recommended
from jobs.errors import ConfigError

VERIFICATIONS = ("signature", "exact")
TEMPLATES = ("keep", "drop")
PREFERENCES = {
    "longest": "content_chars",
    "fullest": "compared_chars",  # what page furniture and addresses have does not count
    "newest": "published",
    "oldest": "published",
}
"""Preferences of `RankParams`, each with the column that it reads."""


@dataclass(frozen=True)
class SignatureParams:
    """How signatures are made; signatures of two tables are comparable only if these are equal."""

    num_perm: int
    seed: int
    shingle_chars: int

    def __post_init__(self) -> None:
        """Raise ConfigError for a value that datasketch or the kernel does not support."""
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
    """Geometry, threshold and verification of candidate pairs.

    Attributes:
        signature: How the signatures were made that bands are taken from.
        bands: Bands; `bands` times `rows` values of the signature are used.
        rows: MinHash values of a band.
        threshold: The similarity from which a document is dropped, in (0, 1].
        verify: `signature` estimates the similarity, `exact` computes it from the texts.
        templates: `keep` keeps documents that differ in numbers, title or place alone.
        exempt: Partners whose documents are dropped for an equal text alone.
        thresholds: The thresholds of documents of some partners, in place of `threshold`.
    """

    signature: SignatureParams
    bands: int
    rows: int
    threshold: float
    verify: str
    templates: str = "drop"  # what releases meant before there was a choice
    exempt: tuple[str, ...] = ()
    thresholds: dict[str, float] | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError if bands x rows exceeds num_perm or another value is out of range.

        Also if pairs at a partner's threshold share a band too seldom.
        """
        if self.bands < 2 or self.rows < 1 or self.bands * self.rows > self.num_perm:
            raise ConfigError(
                f"minhash.bands={self.bands} x minhash.rows={self.rows} must use between 2 and "
                f"minhash.num_perm={self.num_perm} MinHash values: choose fewer bands or rows"
            )
        if self.verify not in VERIFICATIONS:
            raise unknown_choice("minhash.verify", self.verify, VERIFICATIONS)
        if self.templates not in TEMPLATES:
            raise unknown_choice("minhash.templates", self.templates, TEMPLATES)
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"minhash.threshold is {self.threshold}: give a share in (0, 1]")
        for partner, threshold in self.own_thresholds.items():
            if not 0 < threshold <= 1:
                raise ConfigError(
                    f"minhash.thresholds.{partner} is {threshold}: give a share in (0, 1]"
                )
            self._require_found(partner, threshold)

    def _require_found(self, partner: str, threshold: float) -> None:
        """Refuse a threshold whose pairs collide less surely than those of `threshold`."""
        geometry = Geometry(self.num_perm, self.bands, self.rows)
        similar, wanted = (min(one + MARGIN, 1.0) for one in (threshold, self.threshold))
        found = geometry.collision_probability(similar)
        enough = min(ENOUGH, geometry.collision_probability(wanted))
        if found < enough:
            best = recommended(self.num_perm, similarity=similar, recall=enough)
            cure = (
                f"minhash.bands={best.bands} minhash.rows={best.rows}" if best else "a higher one"
            )
            raise ConfigError(
                f"minhash.thresholds.{partner} is {threshold}: {self.bands} bands of {self.rows} "
                f"rows find {found:.1%} of pairs at {similar:g}: give {cure}"
            )

    @property
    def own_thresholds(self) -> dict[str, float]:
        """The thresholds of partners that have one of their own."""
        return self.thresholds or {}

    @property
    def lowest_threshold(self) -> float:
        """The similarity that every pair of which one may go reaches at least."""
        return min([self.threshold, *self.own_thresholds.values()])

    @property
    def num_perm(self) -> int:
        """MinHash values of a signature."""
        return self.signature.num_perm

    @property
    def shingle_chars(self) -> int:
        """Characters of a shingle, as in the signature."""
        return self.signature.shingle_chars

    @property
    def is_exact(self) -> bool:
        """Whether candidates are compared by their shingle sets rather than their signatures."""
        return self.verify == "exact"


@dataclass(frozen=True)
class RankParams:
    """Preferences that decide between two documents after partner priority, first one first."""

    prefer: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise ConfigError for an unknown preference."""
        for preference in self.prefer:
            if preference not in PREFERENCES:
                raise unknown_choice("rank.prefer", preference, PREFERENCES)
