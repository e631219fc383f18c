"""release ─ yank ─▶ withdrawn: `latest` skips it, its version still reads, with a warning."""

from __future__ import annotations

from jobs.command.program import circumstances, run
from jobs.command.release_settings import Yank
from jobs.command.settings import storage_params
from jobs.command.terminal import say
from jobs.errors import ConfigError
from jobs.flow.releases.corrections import yank as yanked
from jobs.storage.layout import LATEST
from jobs.storage.stores import open_store


def yank(config: Yank) -> None:
    """Withdraw a release, or take that back."""
    if bool(config.reason) == config.undo:
        raise ConfigError("please give reason='why nobody should use it', or undo=true alone")
    store = open_store(storage_params(config.storage))
    reason = config.reason or None
    about = circumstances(config)
    done, corpus = yanked(store, config.corpus.name, config.release, reason, commit_info=about)
    latest = done.state.registry.find(LATEST)
    say(
        f"{corpus}: {config.release} is {'yanked' if reason else 'good again'}; latest is "
        f"{latest['version'] if latest else 'nothing now'}"
    )


def main() -> None:
    """The program."""
    run("yank", yank)


if __name__ == "__main__":
    main()
