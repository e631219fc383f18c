"""good and bad text ─ train-quality ─▶ a model that gives every document its quality."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.terminal import ProgressLine, is_json, say, say_json, say_table
from jobs.errors import ConfigError

_SUFFIX = ".model"
_TABLES = {
    "reliability": ("from", "documents", "mean_score", "positive_share"),
    "thresholds": ("threshold", "lost_positives", "rejected_negatives"),
}


@dataclass
class Settings:
    """Keys of train-quality."""

    positive: Any = MISSING  # a path, pattern or URI, or a list of them
    negative: Any = MISSING
    out: str = MISSING
    format: str = MISSING
    encoding: str = MISSING
    html: bool = MISSING
    columns: dict[str, str] = MISSING
    text_bytes: int = MISSING
    batch_bytes: int = MISSING
    seed: int = MISSING
    documents: int = MISSING
    epochs: int = MISSING
    rate: float = MISSING
    held_out: float = MISSING
    endpoint_url: str | None = MISSING
    region: str | None = MISSING
    report: str = MISSING


@verb("prepare", "trains a model of text quality from good and bad text")
def main(config: Settings) -> None:
    """Train, store the model and report how good it is on documents it has not seen."""
    from jobs.command.partner_params import delivery_params, patterns
    from jobs.command.schemas import params_of
    from jobs.corpus.signals.quality_training import TrainingParams
    from jobs.flow.analysis.quality_training import TrainingInputs, train
    from jobs.storage.objects import StorageParams
    from jobs.storage.stores import open_store

    as_json = is_json(config.report)
    inputs = TrainingInputs(
        positive=patterns(config.positive),
        negative=patterns(config.negative),
        reading=delivery_params(config, quoting="double", lost_share=0.0),
        endpoint_url=config.endpoint_url,
    )
    model = train(inputs, params_of(TrainingParams, config), progress=ProgressLine())
    root, name = _place(config.out, model.digest)
    store = open_store(StorageParams(root, config.endpoint_url, config.region))
    store.put(name, model.bytes)
    report = {"model": store.location(name), "sha256": model.digest, **model.description}
    if as_json:
        say_json(report)
    else:
        _show(report)


def _place(out: str, digest: str) -> tuple[str, str]:
    """Return the folder or s3:// address, and the name in it: of `out`, or made of the content."""
    if not out.endswith(_SUFFIX):
        return out, f"quality-{digest[:16]}{_SUFFIX}"
    folder, slash, name = out.rpartition("/")
    if not PurePosixPath(name).stem:
        raise ConfigError(f"out={out} names no file: give NAME{_SUFFIX} or a folder")
    return folder + slash or ".", name


def _show(report: dict[str, Any]) -> None:
    held_out, counts = report["held_out"], report["documents"]
    kinds = ("positive", "negative")
    sides = ("delivered", "training", "calibration", "held_out")
    say_table(["documents", *kinds], [[side, *(counts[side][k] for k in kinds)] for side in sides])
    say(f"\n{counts['in_both']} in both are left out. On those held out:\n")
    names = ("precision", "recall", "accuracy", "roc_auc", "brier", "log_loss")
    say_table(names, [[held_out[name] for name in names]])
    for part, columns in _TABLES.items():
        say(f"\n{part}:\n")
        say_table(columns, [[row[name] for name in columns] for row in held_out[part]])
    use = shlex.quote(f"quality.model={report['model']}")
    say(f"\nwritten to {report['model']}; use it with {use}")


if __name__ == "__main__":
    main()
