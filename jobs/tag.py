"""release ─ tag ─▶ another name for it, which `release=NAME` then means."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

from jobs.command.program import circumstances, verb
from jobs.command.settings import OneRelease, storage_params
from jobs.command.terminal import say
from jobs.flow.releases.corrections import tag
from jobs.storage.stores import open_store


@dataclass
class Settings(OneRelease):
    """Keys of tag."""

    name: str = MISSING
    delete: bool = MISSING


@verb("correct", "gives a release another name")
def main(config: Settings) -> None:
    """Set, move or delete a tag."""
    store = open_store(storage_params(config.storage))
    release = None if config.delete else config.release
    commit_info = circumstances(config)
    done, corpus = tag(store, config.corpus.name, config.name, release, commit_info=commit_info)
    version = done.state.registry.tags.get(config.name)
    say(f"{corpus}: {config.name} {f'means {version}' if version else 'is no longer a tag'}")


if __name__ == "__main__":
    main()
