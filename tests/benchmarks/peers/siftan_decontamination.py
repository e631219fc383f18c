"""siftan 0.1.0: a text is flagged if it shares a run of 13 characters with an item."""

from __future__ import annotations

from siftan.index import build_index  # type: ignore[import-not-found]

from tests.benchmarks.peers.screening import Flags, Items, perform


def prepare(items: Items) -> Flags:
    index = build_index(["\n".join(item) for item in items], "items")
    return lambda text: bool(index.overlap(text)[0])


if __name__ == "__main__":
    perform(prepare)
