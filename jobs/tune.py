"""threshold ─ tune ─▶ bands and rows: what each choice finds and costs. Reads no data."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.release_settings import Tune
from jobs.command.terminal import is_json, say, say_json, say_table
from jobs.corpus.dedup.geometry import EXCHANGED_BYTES, Geometry, geometries, recommended
from jobs.errors import ConfigError

_USELESS = 0.5  # a geometry that finds fewer pairs than this is not worth a line


def tune(config: Tune) -> None:
    """Print the curve of every sensible geometry, and the one to take."""
    if not 0 < config.threshold < 1 or not 0 < config.recall < 1:
        raise ConfigError(
            f"threshold={config.threshold} and recall={config.recall} must be shares in (0, 1)"
        )
    wanted = min(config.threshold + 0.05, 1.0)
    best = recommended(config.num_perm, similarity=wanted, recall=config.recall)
    shown = [
        one for one in geometries(config.num_perm) if one.collision_probability(wanted) >= _USELESS
    ]
    rows = [_row(one, config.threshold, wanted) for one in shown if one.rows > 1]
    if is_json(config.format):
        say_json({"geometries": rows, "recommended": _row(best, config.threshold, wanted)})
        return
    say("Probability that a pair of a similarity collides (and is dropped, verify=signature):\n")
    say_table(list(rows[0]), [list(row.values()) for row in rows])
    say(_advice(best, config, wanted))


def main() -> None:
    """The program."""
    run("tune", tune)


def _row(one: Geometry | None, threshold: float, wanted: float) -> dict[str, float]:
    if one is None:
        return {}
    return {
        "bands": one.bands,
        "rows": one.rows,
        "meets at 0.3": one.collision_probability(0.3),
        "at 0.5": one.collision_probability(0.5),
        f"at {threshold:g}": one.collision_probability(threshold),
        f"at {wanted:g}": one.collision_probability(wanted),
        f"dropped at {wanted:g}": one.detection_probability(wanted, threshold),
        "bytes exchanged": (one.bands + 1) * EXCHANGED_BYTES,
    }


def _advice(best: Geometry | None, config: Tune, wanted: float) -> str:
    if best is None:
        return f"\nno geometry of num_perm={config.num_perm} finds {config.recall:.1%}: give more"
    found, useless = best.collision_probability(wanted), best.collision_probability(0.3)
    dropped = best.detection_probability(wanted, config.threshold)
    return (
        f"\nrecommended: minhash.num_perm={best.num_perm} minhash.bands={best.bands} "
        f"minhash.rows={best.rows}\n"
        f"  {found:.2%} of pairs at {wanted:g} meet; of pairs at 0.3 that meet in "
        f"vain, {useless:.2%}. More rows would find too few, fewer compare more.\n"
        f"  With verify=signature {dropped:.2%} of pairs at "
        f"{wanted:g} are dropped, with verify=exact all that meet."
    )


if __name__ == "__main__":
    main()
