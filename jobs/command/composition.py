"""Composition of a configuration by Hydra: partners, rules and recipes are files chosen by name.

What goes wrong there is said in heliu's words, with the key and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf import errors as oc

from jobs.command.conf_files import conf_folder
from jobs.command.config_files import use_config_files
from jobs.command.overrides import CommandLine
from jobs.command.schemas import called, kind_at
from jobs.config_errors import ConfigFileMissing, MalformedArgument, UnknownKey, WrongType
from jobs.errors import ConfigError

_IN_QUOTES = re.compile(r"'([^']*)'")
_NOT_DELETED = re.compile(r"Could not delete from config\. '([^']*)'")
_NOT_KEYS = (oc.ConfigAttributeError, oc.ConfigKeyError)


def register(config_name: str, schema: type) -> None:
    """Make a schema known to Hydra as `VERB_schema`, with which `conf/VERB.yaml` begins."""
    use_config_files()
    ConfigStore.instance().store(name=f"{config_name}_schema", node=schema)


def compose(config_name: str, schema: type, line: CommandLine) -> list[DictConfig]:
    """Return the configurations of a command line: one, none for `--cfg`, several for `-m`.

    Raises:
        ConfigError: it cannot be composed.
    """
    program = hydra.main(
        version_base="1.3", config_path=str(conf_folder()), config_name=config_name
    )
    composed: list[DictConfig] = []
    with own_words(schema, line):
        program(composed.append)()
    return composed


def plain_values(schema: type, config: DictConfig, line: CommandLine) -> dict[str, Any]:
    """Return a composed configuration as plain values; those that are missing stay `???`."""
    with own_words(schema, line):
        values: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
        return dict(values)


def typed(schema: type, config: DictConfig, line: CommandLine) -> Any:
    """Return the object of the configuration's class."""
    with own_words(schema, line):
        return OmegaConf.to_object(config)


@contextmanager
def own_words(schema: type, line: CommandLine) -> Iterator[None]:
    """Raise what Hydra and OmegaConf complain of as a ConfigError."""
    try:
        yield
    except (HydraException, oc.OmegaConfBaseException) as error:
        raise _reworded(error, schema, line) from error


def _reworded(error: BaseException, schema: type, line: CommandLine) -> ConfigError:
    causes = list(_causes(error))
    keys = [str(getattr(cause, "full_key", None) or "") for cause in reversed(causes)]
    key = next(filter(None, keys), "")
    for cause in causes:
        for kinds, complaint in _COMPLAINTS.items():
            if isinstance(cause, kinds):
                return complaint(cause, key, schema)
    words = " ".join(line.given) or "nothing"
    return MalformedArgument(f"these words cannot be combined to a configuration: {words}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, the last cause first."""
    if error is not None:
        yield from _causes(error.__cause__ or error.__context__)
        yield error


def _missing_file(error: Any, _key: str, _schema: type) -> ConfigError:
    name = str(error.missing_cfg_file or "").removesuffix(".yaml")
    return ConfigFileMissing(
        f"there is no {name}.yaml: correct the name, or give --config-dir FOLDER, the one that "
        "holds it"
    )


def _dangling(error: Any, key: str, _schema: type) -> ConfigError:
    found = _IN_QUOTES.search(str(error))
    target = found[1] if found else "something"
    return UnknownKey(f"{key} refers to {target}, which is not there: write the value itself")


def _unknown(error: Any, key: str, schema: type) -> ConfigError:
    try:
        kind_at(schema, key)
    except ConfigError as refused:
        return refused
    found = _IN_QUOTES.search(str(error))
    name = key or (found[1] if found else "a key")
    return UnknownKey(f"{name} is not there: correct or remove what names it")


def _not_deleted(error: Any, _key: str, schema: type) -> ConfigError:
    found = _NOT_DELETED.search(str(error))
    return _unknown(error, found[1] if found else "", schema)


def _wrong_type(_error: Any, key: str, schema: type) -> ConfigError:
    try:
        return WrongType(f"{key}: give {called(kind_at(schema, key))}")
    except ConfigError as refused:
        return refused


_COMPLAINTS: dict[Any, Callable[[Any, str, type], ConfigError]] = {
    MissingConfigException: _missing_file,
    (oc.InterpolationResolutionError, oc.UnsupportedInterpolationType): _dangling,
    _NOT_KEYS: _unknown,
    (oc.ValidationError, oc.ReadonlyConfigError): _wrong_type,
    ConfigCompositionException: _not_deleted,
}
