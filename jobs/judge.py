"""stored signals ─ judge ─▶ what rules reject, or how a signal is distributed. No text moves."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jobs.command.program import verb
from jobs.command.progress import watched
from jobs.command.schemas import MISSING
from jobs.command.settings import Build, RuleProfile
from jobs.command.terminal import require_format, say, say_json, say_jsonl, say_table
from jobs.config_errors import unknown_choice
from jobs.corpus.model.signal_columns import SIGNALS

_FORMATS = ("table", "json", "jsonl")


@dataclass
class Settings(Build):
    """Keys of judge."""

    against: RuleProfile = field(default_factory=RuleProfile)
    signal: str | None = MISSING
    examples: int = MISSING
    format: str = MISSING


@verb("prepare", "what filter rules would reject, from stored signals")
def main(config: Settings) -> None:
    """Show what the profile rejects, or the quantiles of one signal."""
    from jobs.command.parameters import build_params, rule_params
    from jobs.flow.analysis.rule_effects import quantiles, rule_effects
    from jobs.flow.builds.pipeline import run_normalize
    from jobs.storage.stores import open_store

    _check(config)
    params, against = build_params(config), rule_params(config.against)
    with watched(params, config.progress) as progress:
        shards = run_normalize(params, progress).shards
    store = open_store(params.storage)
    if config.signal:
        _show(config.format, {"quantiles": quantiles(shards, config.signal, store=store)})
        return
    found = rule_effects(shards, params.rules, against, store=store, examples=config.examples)
    if config.format == "table":
        say(f"rules={params.rules.profile} against={against.profile}: {params.rules.source}\n")
    _show(config.format, {"reasons": found.reasons, "examples": found.examples})


def _check(config: Settings) -> None:
    require_format(config.format, _FORMATS)
    if config.signal and config.signal not in SIGNALS.names:
        raise unknown_choice("signal", config.signal, SIGNALS.names)


def _show(form: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    if form == "json":
        say_json(tables)
    elif form == "jsonl":
        say_jsonl({"table": name, **row} for name, rows in tables.items() for row in rows)
    else:
        for rows in filter(None, tables.values()):
            say_table(list(rows[0]), [list(row.values()) for row in rows])
            say()


if __name__ == "__main__":
    main()
