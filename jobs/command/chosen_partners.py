"""The partners' files that a command line chooses, all read before any is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jobs.command.config_files import read_config
from jobs.command.schemas import keys_of
from jobs.command.settings import Build
from jobs.config_errors import ConfigFileInvalid
from jobs.errors import ConfigError


def check_partner_files(chosen: Sequence[str], folders: Sequence[Path]) -> None:
    """Read the partners' files that were chosen, so that one run names what is wrong with any.

    Args:
        chosen: files by group and name, as `partners/gov`.
        folders: where they may be; the first that has one counts.

    Raises:
        ConfigError: with every slip of every file.
    """
    slips: list[str] = []
    for one in chosen:
        group, _, name = one.partition("/")
        paths = [path for folder in folders if (path := folder / f"{one}.yaml").is_file()]
        if group == "partners" and paths:
            try:
                read_config(paths[0], keys_of(Build)["partners"], name)
            except ConfigError as error:
                slips.append(str(error))
    if slips:
        raise ConfigFileInvalid("\n".join(slips))
