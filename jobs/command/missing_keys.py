"""Keys that must be given and are not: all of them in one message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.command.schemas import NOT_GIVEN
from jobs.config_errors import KeyMissing

_ROOT = "storage.root"


def require_complete(config: Mapping[str, Any]) -> None:
    """Raise KeyMissing, with all keys of a configuration that must be given and are not."""
    missing = [*_missing(config, ""), *_of_partners(config.get("partners") or {})]
    if missing and "partners" in config and not config["partners"]:
        missing.append("partners")
    if missing and "storage" in config and not config["storage"]["root"]:
        missing.append(_ROOT)
    if missing:
        raise KeyMissing("\n".join(_lines(sorted(set(missing)))))


def _missing(config: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, value in config.items():
        if value == NOT_GIVEN:
            yield f"{above}{key}"
        elif isinstance(value, Mapping):
            yield from _missing(value, f"{above}{key}.")


def _of_partners(partners: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a partner's file must say unless groups of its files do."""
    for name, partner in partners.items():
        for key in () if partner.get("groups") else ("deliveries", "format"):
            if partner.get(key) is None:
                yield f"partners.{name}.{key}"


def _lines(missing: list[str]) -> Iterator[str]:
    """Yield a line for each place in which keys are missing."""
    places: dict[str, list[str]] = defaultdict(list)
    for key in missing:
        group, _, rest = key.partition(".")
        partner, dot, name = rest.partition(".")
        is_partners = group == "partners" and bool(dot)
        places[partner if is_partners else ""].append(name if is_partners else key)
    for partner, names in places.items():
        if partner:
            yield f"partners/{partner}.yaml does not say {', '.join(f'{name}:' for name in names)}"
        else:
            yield f"please give {', '.join(f'{name}={_example(name)}' for name in names)}"


def _example(key: str) -> str:
    return {"partners": "[NAME,…]", _ROOT: "DIR"}.get(key, "…")
