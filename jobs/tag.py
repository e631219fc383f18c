"""release ─ tag ─▶ another name for it, which `release=NAME` then means."""

from __future__ import annotations

from jobs.command.program import circumstances, run
from jobs.command.release_settings import Tag
from jobs.command.settings import storage_params
from jobs.command.terminal import say
from jobs.flow.releases.corrections import tag as tagged
from jobs.storage.stores import open_store


def tag(config: Tag) -> None:
    """Set, move or delete a tag."""
    store = open_store(storage_params(config.storage))
    release = None if config.delete else config.release
    done, corpus = tagged(
        store, config.corpus.name, config.name, release, commit_info=circumstances(config)
    )
    version = done.state.registry.tags.get(config.name)
    say(f"{corpus}: {config.name} {f'means {version}' if version else 'is no tag any more'}")


def main() -> None:
    """The program."""
    run("tag", tag)


if __name__ == "__main__":
    main()
