"""The release that the user of a reading verb chose."""

from __future__ import annotations

from jobs.command.settings import OneRelease, storage_params
from jobs.command.terminal import note
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.storage.stores import open_store


def opened(config: OneRelease) -> OpenedRelease:
    """Open the release; a warning about it (yanked, redacted since) goes to standard error.

    Raises:
        ReleaseMissing: there is no such release.
        DamagedRelease: its manifest is not the one that was published.
    """
    store = open_store(storage_params(config.storage))
    release = open_release(store, config.corpus.name, config.release)
    if release.warning is not None:
        note(f"heliu: {release.warning}")
    return release
