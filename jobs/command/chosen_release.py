"""The corpus or the release that the user of a verb chose."""

from __future__ import annotations

from jobs.command.settings import OneCorpus, OneRelease, storage_params
from jobs.command.terminal import note
from jobs.flow.releases.opened_release import OpenedRelease, choose_corpus, open_release
from jobs.storage.corpus import Corpus
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


def chosen_corpus(config: OneCorpus) -> Corpus:
    """Return the corpus of that name, or the only one there is.

    Raises:
        ReleaseMissing: there is none of that name, none at all, or several to choose from.
    """
    return choose_corpus(open_store(storage_params(config.storage)), config.corpus.name)
