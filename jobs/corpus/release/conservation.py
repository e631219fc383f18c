"""Conservation: every delivered row is kept, dropped or rejected, or the build stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jobs.corpus.model.reasons import Verdict
from jobs.errors import ConservationError


def balance(
    partner: str, *, delivered: int, counts: Mapping[tuple[str, str, str], int], released: int
) -> dict[str, Any]:
    """Return the account of one partner: `delivered`, `kept`, `dropped`, `rejected` and `reasons`.

    Args:
        partner: its name.
        delivered: rows read from the deliveries.
        counts: decisions per (verdict, stage, reason).
        released: rows in the partner's shards.

    Raises:
        ConservationError: the numbers do not add up; nothing is published, everything is kept.
    """
    by_verdict: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for (verdict, stage, reason), count in sorted(counts.items()):
        by_verdict[verdict] += count
        if verdict != Verdict.KEPT:
            reasons[f"{stage}/{reason}"] += count
    kept, dropped, rejected = (by_verdict[verdict] for verdict in Verdict)
    if delivered != kept + dropped + rejected or kept != released:
        raise ConservationError(
            f"partner {partner}: delivered {delivered} rows, but kept {kept} + dropped {dropped} + "
            f"rejected {rejected} = {kept + dropped + rejected}, and shards hold {released}: "
            "nothing was published; keep the work folder and report this"
        )
    return {
        "delivered": delivered,
        "kept": kept,
        "dropped": dropped,
        "rejected": rejected,
        "reasons": dict(reasons),
    }


def added(partner: str, *accounts: Mapping[str, Any], released: int) -> dict[str, Any]:
    """Add the accounts of one partner in several builds.

    Args:
        partner: its name.
        accounts: from `balance`, of each build.
        released: rows in the partner's shards, of all builds.

    Raises:
        ConservationError: the accounts and the shards differ in the number of documents.
    """
    reasons: Counter[str] = Counter()
    for account in accounts:
        reasons.update(account["reasons"])
    numbers = {
        name: sum(account[name] for account in accounts)
        for name in ("delivered", "kept", "dropped", "rejected")
    }
    if numbers["kept"] != released:
        raise ConservationError(
            f"partner {partner}: {numbers['kept']} documents are kept, here and in the parent, and "
            f"shards hold {released}: nothing was published; run heliu verify on the parent"
        )
    return {**numbers, "reasons": dict(sorted(reasons.items()))}


def corrected(
    partner: str,
    account: Mapping[str, Any],
    *,
    changes: Mapping[tuple[str, str, str], int],
    released: int,
) -> dict[str, Any]:
    """Return the account after a correction, which changes decisions and delivers no row.

    Args:
        partner: its name.
        account: before; its other entries stay.
        changes: decisions per (verdict, stage, reason), more or fewer than before.
        released: rows in the partner's shards now.

    Raises:
        ConservationError: the number of rows changed.
    """
    numbers = Counter({verdict.value: account[verdict.value] for verdict in Verdict})
    reasons = Counter(account["reasons"])
    for (verdict, stage, reason), count in changes.items():
        numbers[verdict] += count
        if verdict != Verdict.KEPT:
            reasons[f"{stage}/{reason}"] += count
    if numbers.total() != account["delivered"] or numbers[Verdict.KEPT] != released:
        raise ConservationError(
            f"partner {partner}: of {account['delivered']} delivered rows {numbers.total()} have a "
            f"decision, {numbers[Verdict.KEPT]} are kept and shards hold {released}: nothing was "
            "changed; run heliu verify on the release"
        )
    left = {name: count for name, count in sorted(reasons.items()) if count}
    return {**account, **numbers, "reasons": left}
