"""threshold ─ tune ─▶ bands and rows: what each choice finds and costs. Reads no data."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.terminal import is_json, say, say_json, say_table
from jobs.corpus.dedup.geometry import EXCHANGED_BYTES, MARGIN, Geometry, geometries, recommended
from jobs.errors import ConfigError
from jobs.quantities import Share

_MIN_RECALL = 0.5  # a geometry that finds fewer pairs is not shown


@dataclass
class Settings:
    """Keys of tune."""

    threshold: float = MISSING
    num_perm: int = MISSING
    recall: float = MISSING
    format: str = MISSING


@verb("prepare", "what a choice of bands and rows finds, misses and costs")
def main(config: Settings) -> None:
    """Print the curve of every sensible geometry, and the one to take."""
    if not 0 < config.threshold < 1 or not 0 < config.recall < 1:
        raise ConfigError(
            f"threshold={config.threshold} and recall={config.recall} must be shares in (0, 1)"
        )
    wanted = min(config.threshold + MARGIN, 1.0)
    best = recommended(config.num_perm, similarity=wanted, recall=config.recall)
    shown = [
        one
        for one in geometries(config.num_perm)
        if one.collision_probability(wanted) >= _MIN_RECALL
    ]
    rows = [_row(one, config.threshold, wanted) for one in shown if one.rows > 1]
    if is_json(config.format):
        say_json({"geometries": rows, "recommended": _row(best, config.threshold, wanted)})
        return
    say("Probability that a pair of that similarity collides (is dropped, verify=signature):\n")
    say_table(list(rows[0]), [list(row.values()) for row in rows])
    say(_advice(best, config, wanted))


def _row(one: Geometry | None, threshold: float, wanted: float) -> dict[str, float]:
    if one is None:
        return {}
    return {
        "bands": one.bands,
        "rows": one.rows,
        "collides at 0.3": one.collision_probability(0.3),
        "at 0.5": one.collision_probability(0.5),
        f"at {threshold:g}": one.collision_probability(threshold),
        f"at {wanted:g}": one.collision_probability(wanted),
        f"dropped at {wanted:g}": one.detection_probability(wanted, threshold),
        "bytes exchanged": (one.bands + 1) * EXCHANGED_BYTES,
    }


def _advice(best: Geometry | None, config: Settings, wanted: float) -> str:
    if best is None:
        wish = f"finds {Share(config.recall)}: give more"
        return f"\nno geometry of {config.num_perm} MinHash values {wish}"
    found, in_vain = best.collision_probability(wanted), best.collision_probability(0.3)
    dropped = best.detection_probability(wanted, config.threshold)
    return (
        f"\nrecommended: minhash.num_perm={best.num_perm} minhash.bands={best.bands} "
        f"minhash.rows={best.rows}\n"
        f"  {found:.2%} of pairs at {wanted:g} collide; of pairs at 0.3, in vain, {in_vain:.2%}. "
        "More rows would find too few, fewer compare more.\n"
        f"  With verify=signature {dropped:.2%} of pairs at {wanted:g} are dropped, with "
        "verify=exact all that collide."
    )


if __name__ == "__main__":
    main()
