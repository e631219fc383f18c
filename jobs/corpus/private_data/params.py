"""Parameters of private data: what becomes of each kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from jobs.config_errors import unknown_choice


class PrivatePolicy(StrEnum):
    """What becomes of private data of a kind. Releases store these words."""

    REPLACE = "replace"  # by its placeholder
    DROP = "drop"  # the document
    REPORT = "report"  # counted
    OFF = "off"


@dataclass(frozen=True)
class PrivateDataParams:
    """The policy for each kind of private data: a field for each `PrivateKind`.

    Releases that record none were searched for none.
    """

    resident_id: str = "off"
    mobile: str = "off"
    landline: str = "off"
    payment_card: str = "off"
    passport: str = "off"
    travel_permit: str = "off"
    credit_code: str = "off"
    number_plate: str = "off"
    email: str = "off"
    wechat: str = "off"
    qq: str = "off"
    home_address: str = "off"
    ip_address: str = "off"
    mac_address: str = "off"
    secret: str = "off"  # noqa: S105  a kind of data

    def __post_init__(self) -> None:
        """Refuse words that are no policy."""
        for kind, policy in asdict(self).items():
            if policy not in set(PrivatePolicy):
                raise unknown_choice(f"private_data.{kind}", policy, PrivatePolicy)

    @property
    def policies(self) -> dict[str, str]:
        """The policy of each kind that is searched for."""
        return {kind: policy for kind, policy in asdict(self).items() if policy != "off"}

    def kinds(self, *policies: PrivatePolicy) -> frozenset[str]:
        """Return the kinds with one of some policies."""
        return frozenset(kind for kind, policy in self.policies.items() if policy in policies)
