"""Terms of a partner: what the papers of a release report of it, as its file gives it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from enum import StrEnum

from jobs.errors import ConfigError

_COUNTRY = re.compile("[A-Z]{2}")
_DAY = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d\d)?)?", re.ASCII)


class SourceKind(StrEnum):
    """What kind of source a partner's deliveries are: sections 2.1 to 2.6 of the EU's template."""

    PUBLIC_DATASET = "public_dataset"
    LICENSED = "licensed"  # by agreement with the rightsholders or those who represent them
    THIRD_PARTY = "third_party"  # obtained from others, without such an agreement
    CRAWLED = "crawled"  # by the publisher or on its behalf
    USER_DATA = "user_data"
    SYNTHETIC = "synthetic"
    OTHER = "other"


@dataclass(frozen=True)
class PartnerTerms:
    """Terms of a partner; what is empty was not given.

    Attributes:
        legal_name: Of the partner.
        country: Where its deliveries were collected, ISO 3166-1 alpha-2.
        agreement: Reference of the contract or consent.
        source_kind: One of `SourceKind`.
        method: How its deliveries were collected, in words.
        collected_from: When the collection began: a year, month or day.
        collected_to: When it ended.
        allowed_use: What may be done with its documents, in words.
    """

    legal_name: str = ""
    country: str = ""
    agreement: str = ""
    source_kind: str = ""
    method: str = ""
    collected_from: str = ""
    collected_to: str = ""
    allowed_use: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no country, no kind and no date."""
        if self.country and not _COUNTRY.fullmatch(self.country):
            raise ConfigError(f"terms.country={self.country!r}: give two capitals, as CN")
        if self.source_kind and self.source_kind not in {*SourceKind}:
            known = ", ".join(SourceKind)
            raise ConfigError(f"terms.source_kind={self.source_kind!r}: choose one of {known}")
        for name in ("collected_from", "collected_to"):
            value = getattr(self, name)
            if value and not _DAY.fullmatch(value):
                raise ConfigError(f"terms.{name}={value!r}: give a year, a month or a day: 2023-11")

    @property
    def given(self) -> dict[str, str]:
        """The values that are given, by name."""
        return {name: value for name, value in asdict(self).items() if value}
