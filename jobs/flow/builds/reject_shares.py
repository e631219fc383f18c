"""Shares of rejected rows, which a partner agrees to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import DROPPING_STAGES, UNWANTED_STAGES
from jobs.corpus.normalize.reject_examples import COLUMNS, example_lines, rejects
from jobs.errors import TooManyRejects
from jobs.flow.params import BuildParams, PartnerParams
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.sealed_objects import read_table
from jobs.storage.stores import open_store

_UNCOUNTED = [*DROPPING_STAGES, *UNWANTED_STAGES]
_MOST_ROWS = 200_000  # rejected ones that are looked at for examples, of the shards with most


def check_rejects(normalized: Sequence[NormalizedShard], params: BuildParams) -> None:
    """Stop if more of a partner's rows were rejected than agreed.

    Raises:
        TooManyRejects: with reasons, files, rows and examples.
    """
    for partner in params.partners:
        shards = [shard for shard in normalized if shard.partner == partner.name]
        delivered = sum(shard.delivered for shard in shards)
        reasons = sum((_reasons(shard) for shard in shards), Counter[str]())
        rejected = reasons.total()
        if delivered and rejected / delivered > partner.reject_share:
            table = "\n".join(_lines(partner, shards, reasons, params))
            raise TooManyRejects(
                f"partner {partner.name}: {rejected:,} of {delivered:,} rows are rejected, more "
                f"than reject_share={partner.reject_share:g}:\n{table}\n"
                f"heliu preview partners=[{partner.name}] shows what its files hold: correct "
                f"partners/{partner.name}.yaml, ask the partner for a new delivery, or raise "
                "reject_share there"
            )


def _reasons(shard: NormalizedShard) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for stage, reason, count in shard.rejected:
        reasons[reason] += count * (stage not in _UNCOUNTED)
    return reasons


def _lines(
    partner: PartnerParams,
    shards: Sequence[NormalizedShard],
    reasons: Counter[str],
    params: BuildParams,
) -> Iterator[str]:
    """Yield each reason with its count over all shards, and examples of some."""
    found = {one.reason: one for one in rejects(_rejected_rows(shards, params))}
    text_columns = [group.reading.text_column for group in partner.groups]
    for reason, count in reasons.most_common():
        yield f"  {count:>12,}  {reason}"
        if reason in found:
            yield from (f"{'':16}{line}" for line in example_lines(found[reason], text_columns))


def _rejected_rows(shards: Sequence[NormalizedShard], params: BuildParams) -> pa.Table:
    """Return rejected rows of the shards that have most of them, read from their tables."""
    store = open_store(params.storage)
    worst = sorted(shards, key=lambda shard: (-_reasons(shard).total(), shard.base))
    is_counted = pc.field("reason").is_valid() & ~pc.field("stage").isin(_UNCOUNTED)
    found: list[pa.Table] = []
    for run in (run for shard in worst for run in shard.runs):
        found.append(read_table(store, run.documents_key, columns=COLUMNS, filters=is_counted))
        if sum(map(len, found)) >= _MOST_ROWS:
            break
    return pa.concat_tables(found)
