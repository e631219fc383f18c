"""Shares of rejected rows, which a partner agrees to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from jobs.corpus.model.reasons import DROPPING_STAGES, UNWANTED_STAGES
from jobs.errors import TooManyRejects
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard


def check_rejects(normalized: Sequence[NormalizedShard], params: BuildParams) -> None:
    """Stop if more of a partner's rows were rejected than agreed.

    Raises:
        TooManyRejects: with a table of reasons.
    """
    for partner in params.partners:
        shards = [shard for shard in normalized if shard.partner == partner.name]
        delivered = sum(shard.delivered for shard in shards)
        reasons: Counter[str] = Counter()
        for shard in shards:
            for stage, reason, count in shard.rejected:
                reasons[reason] += count * (stage not in {*DROPPING_STAGES, *UNWANTED_STAGES})
        rejected = reasons.total()
        if delivered and rejected / delivered > partner.reject_share:
            table = "\n".join(f"  {count:>12,}  {name}" for name, count in reasons.most_common())
            raise TooManyRejects(
                f"partner {partner.name}: {rejected:,} of {delivered:,} rows are rejected, more "
                f"than reject_share={partner.reject_share:.2%}:\n{table}\n"
                f"ask the partner for a new delivery, or raise reject_share in "
                f"partners/{partner.name}.yaml"
            )
