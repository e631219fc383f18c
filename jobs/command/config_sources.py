"""Where Hydra finds the YAML files of a configuration, read as `config_files` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf

from jobs.command import data_files
from jobs.command.config_files import content_of, decoded, read_config
from jobs.command.schemas import keys_of
from jobs.command.settings import Build
from jobs.errors import ConfigError

_HEADER_CHARS = 512


class ConfigFiles(FileConfigSource):
    """Where Hydra finds YAML files: read by `read_config`, by the schema of their folder."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the file's content; its first lines are headers for Hydra."""
        path = Path(self.path) / self._normalize_file_name(config_path)
        if not path.is_file():
            return super().load_config(config_path)  # which says so
        text = decoded(path)
        group, _, name = config_path.removesuffix(path.suffix).rpartition("/")
        header = ConfigSource._get_header_dict(text[:_HEADER_CHARS])  # noqa: SLF001  Hydra's own
        folder = group.partition("/")[0]
        is_data = folder in data_files.GROUPS
        kind = keys_of(Build).get(folder if is_data else group, Any)
        kind = Any if header["package"] and not is_data else kind
        content = content_of(path, text, folder if is_data else None, kind, name)
        return ConfigResult(
            config=OmegaConf.create(content),
            path=f"{self.scheme()}://{self.path}",
            provider=self.provider,
            header=header,
        )


def use_config_files() -> None:
    """Make Hydra read YAML files by `ConfigFiles`."""
    Plugins.instance()  # which registers Hydra's own reader when it is first asked for
    SourcesRegistry.instance().types[ConfigFiles.scheme()] = ConfigFiles


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
        raise ConfigError("\n".join(slips))
