"""release ─ tag ─▶ another name for it, which `release=NAME` then means."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.command.chosen_release import chosen_corpus
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease
from jobs.command.terminal import say
from jobs.flow.releases.corrections import tag


@dataclass
class Settings(OneRelease):
    """Keys of tag."""

    name: str = MISSING
    delete: bool = MISSING


@verb("correct", "gives a release another name")
def main(config: Settings) -> None:
    """Set, move or delete a tag."""
    corpus = chosen_corpus(config)
    release = None if config.delete else config.release
    done = tag(corpus, config.name, release, commit_info=circumstances(config))
    version = done.state.registry.tags.get(config.name)
    say(f"{corpus.name}: {config.name} {f'means {version}' if version else 'is no longer a tag'}")


if __name__ == "__main__":
    main()
