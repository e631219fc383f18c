"""release ─ rollback ─▶ what `latest` means, whatever is published later, until undone."""

from __future__ import annotations

from jobs.command.program import circumstances, run
from jobs.command.release_settings import Rollback
from jobs.command.settings import storage_params
from jobs.command.terminal import say
from jobs.errors import ConfigError
from jobs.flow.releases.corrections import rollback as rolled_back
from jobs.storage.layout import LATEST
from jobs.storage.stores import open_store


def rollback(config: Rollback) -> None:
    """Move `latest`, or let it follow publishes again."""
    if (config.release is None) != config.undo:
        raise ConfigError("please give release=VERSION to roll back to, or undo=true alone")
    store = open_store(storage_params(config.storage))
    about = circumstances(config)
    done, corpus = rolled_back(store, config.corpus.name, config.release, commit_info=about)
    latest = done.state.registry.find(LATEST)
    version = latest["version"] if latest else "nothing now"
    say(f"{corpus}: latest is {version}{'' if config.undo else ' until heliu rollback undo=true'}")


def main() -> None:
    """The program."""
    run("rollback", rollback)


if __name__ == "__main__":
    main()
