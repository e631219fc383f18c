"""good and bad text ─ train-quality ─▶ a model that gives every document its quality."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import Any

from jobs.command.program import run
from jobs.command.release_settings import TrainQuality
from jobs.command.terminal import ProgressLine, is_json, say, say_json, say_table
from jobs.errors import ConfigError

_SUFFIX = ".model"
_TABLES = {
    "reliability": ("from", "documents", "mean_score", "positive_share"),
    "thresholds": ("threshold", "lost_positives", "rejected_negatives"),
}


def train_quality(config: TrainQuality) -> None:
    """Train, store the model and say how good it is on documents it has not seen."""
    from jobs.command.parameters import lesson
    from jobs.corpus.signals.quality_training import TrainingParams
    from jobs.flow.analysis.quality_training import train
    from jobs.storage.objects import StorageParams
    from jobs.storage.stores import open_store

    as_json = is_json(config.report)
    params = TrainingParams(
        config.seed, config.documents, config.epochs, config.rate, config.held_out
    )
    model = train(lesson(config), params, progress=ProgressLine())
    root, name = _place(config.out, model.digest)
    store = open_store(StorageParams(root, config.endpoint_url, config.region))
    store.put(name, model.bytes)
    told = {"model": store.location(name), "sha256": model.digest, **model.description}
    if as_json:
        say_json(told)
    else:
        _show(told)


def main() -> None:
    """The program."""
    run("train-quality", train_quality)


def _place(out: str, digest: str) -> tuple[str, str]:
    """The folder or s3:// address, and the name in it: `out` itself, or one made of the content."""
    if not out.endswith(_SUFFIX):
        return out, f"quality-{digest[:16]}{_SUFFIX}"
    folder, slash, name = out.rpartition("/")
    if not PurePosixPath(name).stem:
        raise ConfigError(f"out={out} names no file: give NAME{_SUFFIX} or a folder")
    return folder + slash or ".", name


def _show(told: dict[str, Any]) -> None:
    held_out, counts = told["held_out"], told["documents"]
    kinds = ("positive", "negative")
    sides = ("delivered", "training", "calibration", "held_out")
    say_table(["documents", *kinds], [[side, *(counts[side][k] for k in kinds)] for side in sides])
    say(f"\n{counts['in_both']} in both are left out. On those held out:\n")
    names = ("precision", "recall", "accuracy", "roc_auc", "brier", "log_loss")
    say_table(names, [[held_out[name] for name in names]])
    for part, columns in _TABLES.items():
        say(f"\n{part}:\n")
        say_table(columns, [[row[name] for name in columns] for row in held_out[part]])
    use = shlex.quote(f"quality.model={told['model']}")
    say(f"\nwritten to {told['model']}; use it with {use}")


if __name__ == "__main__":
    main()
