"""Configurations made of plain keys alone, composed without Hydra, which takes longer to load.

Most verbs choose no files by name (partners, rules, …). Their keys stand in a file of `conf/` and
those that it includes; the command line sets some of them. What is more than that is Hydra's:
`plain_config` returns None, and its results are Hydra's (a test compares the two).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, get_args

from jobs.command.conf_files import chosen_groups, defaults_of
from jobs.command.schemas import (
    Kind,
    is_list,
    is_text,
    kind_at,
    kind_below,
    may_be_null,
    parsed,
    required,
)
from jobs.command.words import elements, entry_of, is_quoted, split_override

_ENVIRONMENT = re.compile(r"\$\{oc\.env:(\w+),null\}")


def plain_config(config_name: str, schema: type, overrides: Sequence[str]) -> dict[str, Any] | None:
    """Return the keys of a verb with their values; None if only Hydra can compose them.

    Args:
        config_name: of its file in `conf/`.
        schema: its configuration class.
        overrides: its checked command line, without options: `key=value`, as the shell gave them.
    """
    config = _shipped(config_name)
    if config is None:
        return None
    for override in overrides:
        plus, key, word = split_override(override)
        if plus or "${" in word or "\\" in word or "@" in key or key.startswith(("hydra", "~")):
            return None
        *above, name = key.split(".")
        group = config
        for part in above:
            group = group.setdefault(part, {})
        value = _value(kind_at(schema, key), word, key)
        is_merged = isinstance(value, dict) and isinstance(group.get(name), dict)
        group[name] = {**group[name], **value} if is_merged else value
    return config


def _shipped(config_name: str) -> dict[str, Any] | None:
    """Return the keys of a file of `conf/` and their defaults; None if it chooses files by name."""
    if any(chosen_groups(config_name)):
        return None
    return {key: _resolved(value) for key, value in defaults_of(config_name).items()}


def _resolved(value: Any) -> Any:
    """Return values with what they take from the environment, as `${oc.env:NAME,null}`."""
    if isinstance(value, dict):
        return {key: _resolved(one) for key, one in value.items()}
    found = _ENVIRONMENT.fullmatch(value) if isinstance(value, str) else None
    return os.environ.get(found[1]) if found else value


def _value(kind: Kind, word: str, key: str) -> Any:
    if word == "null" and may_be_null(kind):
        return None
    if word[:1] + word[-1:] == "[]" and (is_list(kind) or required(kind) is not str):
        below = get_args(required(kind))[0] if is_list(kind) else kind
        return [_value(below, one, key) for one in elements(word, key)]
    if word[:1] + word[-1:] == "{}" and required(kind) is not str:
        return dict(_entry(kind, one, key) for one in elements(word, key))
    inner = word[1:-1] if is_quoted(word) else word
    return inner if is_text(kind) else parsed(kind, inner)


def _entry(kind: Kind, entry: str, key: str) -> tuple[str, Any]:
    name, word = entry_of(entry, key)
    return name, _value(kind_below(kind, name, f"{key}."), word, f"{key}.{name}")
