"""release ─ yank ─▶ yanked: `latest` skips it; its version can still be read, with a warning."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.command.chosen_release import chosen_corpus
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease
from jobs.command.terminal import say
from jobs.config_errors import KeyMissing
from jobs.flow.releases.corrections import yank
from jobs.storage.layout import LATEST


@dataclass
class Settings(OneRelease):
    """Keys of yank."""

    reason: str | None = MISSING
    undo: bool = MISSING


@verb("correct", "yanks a release: latest skips it")
def main(config: Settings) -> None:
    """Yank a release, or undo that."""
    if bool(config.reason) == config.undo:
        raise KeyMissing("please give reason='why it should not be used', or undo=true alone")
    corpus, reason = chosen_corpus(config), config.reason or None
    done = yank(corpus, config.release, reason, commit_info=circumstances(config))
    latest = done.state.registry.find(LATEST)
    say(
        f"{corpus.name}: {config.release} is {'yanked' if reason else 'no longer yanked'}; "
        f"latest is {latest['version'] if latest else 'no release'}"
    )


if __name__ == "__main__":
    main()
