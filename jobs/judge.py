"""stored signals ─ judge ─▶ what rules reject, or how a signal is distributed. No text moves."""

from __future__ import annotations

import sys
from typing import Any

from jobs.command.program import run
from jobs.command.release_settings import Judge
from jobs.command.terminal import ProgressLine, say, say_json, say_jsonl, say_table
from jobs.corpus.model.signal_columns import SIGNALS
from jobs.errors import ConfigError

_FORMATS = ("table", "json", "jsonl")


def judge(config: Judge) -> None:
    """Show what the profile rejects, or the quantiles of one signal."""
    from jobs.command.parameters import build_params, rule_params
    from jobs.flow.analysis.rule_effects import quantiles, rule_effects
    from jobs.flow.build.pipeline import run_normalize
    from jobs.storage.stores import open_store

    _check(config)
    params, against = build_params(config), rule_params(config.against)
    shards = run_normalize(params, ProgressLine()).shards
    store = open_store(params.storage)
    if config.signal:
        _show(config.format, {"quantiles": quantiles(shards, config.signal, store=store)})
        return
    found = rule_effects(shards, params.rules, against, store=store, examples=config.examples)
    if config.format == "table":
        say(f"rules={params.rules.profile} against={against.profile}: {params.rules.source}\n")
    _show(config.format, {"reasons": found.reasons, "examples": found.examples})


def main() -> None:
    """The program."""
    # Hydra's own spelling of "a profile of the group rules, at the key against".
    sys.argv = [f"rules@{word}" if word.startswith("against=") else word for word in sys.argv]
    run("judge", judge)


def _check(config: Judge) -> None:
    if config.format not in _FORMATS:
        raise ConfigError(f"format={config.format!r}: choose one of {', '.join(_FORMATS)}")
    if config.signal and config.signal not in SIGNALS.names:
        raise ConfigError(f"signal={config.signal!r}: choose one of {', '.join(SIGNALS.names)}")


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
