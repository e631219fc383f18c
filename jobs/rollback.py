"""release ─ rollback ─▶ what `latest` means, whatever is published later, until undone."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.command.chosen_release import chosen_corpus
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneCorpus
from jobs.command.terminal import say
from jobs.config_errors import KeyMissing
from jobs.flow.releases.corrections import rollback
from jobs.storage.layout import LATEST


@dataclass
class Settings(OneCorpus):
    """Keys of rollback."""

    release: str | None = MISSING
    undo: bool = MISSING


@verb("correct", "pins latest to an older release")
def main(config: Settings) -> None:
    """Pin `latest` to a release, or let it follow publishing again."""
    if (config.release is None) != config.undo:
        raise KeyMissing("please give release=VERSION to roll back to, or undo=true alone")
    corpus = chosen_corpus(config)
    done = rollback(corpus, config.release, commit_info=circumstances(config))
    latest = done.state.registry.find(LATEST)
    version = latest["version"] if latest else "no release"
    end = "" if config.undo else " until heliu rollback undo=true"
    say(f"{corpus.name}: latest is {version}{end}")


if __name__ == "__main__":
    main()
