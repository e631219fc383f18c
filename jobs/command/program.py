"""Verbs as programs: Hydra composes the configuration, errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

import hydra
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from jobs import __version__
from jobs.command.chosen_partners import check_partner_files
from jobs.command.config_files import use_config_files
from jobs.command.escapes import visible_line
from jobs.command.exits import fail, foreseen
from jobs.command.help import help_text
from jobs.command.overrides import command_line
from jobs.command.settings import conf_folder
from jobs.command.terminal import open_streams, say
from jobs.errors import ConfigError, HeliuError
from jobs.redaction import redacted_values


@dataclass(frozen=True)
class Verb:
    """A verb of heliu; called without arguments, it is the program of that name.

    Attributes:
        group: the heading of `heliu --help` under which it stands, one of `jobs.cli.GROUPS`.
        summary: one line for `heliu --help`.
        action: what it does with its checked configuration.
    """

    group: str
    summary: str
    action: Callable[[Any], None]

    @property
    def config_name(self) -> str:
        """The name of its module and of its file in `conf/`."""
        return Path(self.action.__code__.co_filename).stem

    @property
    def name(self) -> str:
        """The name on the command line."""
        return self.config_name.replace("_", "-")

    @property
    def schema(self) -> type:
        """The class of the parameter `config`, which declares the keys and their types."""
        return get_type_hints(self.action)["config"]

    def register(self) -> None:
        """Make the schema known to Hydra as `VERB_schema`, with which `conf/VERB.yaml` begins."""
        use_config_files()
        ConfigStore.instance().store(name=f"{self.config_name}_schema", node=self.schema)

    def __call__(self) -> None:
        """Run the verb on the command line of this process.

        Exits with 0, with an error's own code, with 130 when interrupted, or with 70 for any other
        error, whose traceback is shown.
        """
        if "--version" in sys.argv[1:]:  # Hydra would print its own
            say(f"heliu {__version__}")
            return
        # Without this, Hydra prints what goes wrong and exits with 1, whatever it was.
        os.environ["HYDRA_FULL_ERROR"] = "1"
        with foreseen():
            try:
                open_streams()
                self.register()
                self._run()
            except HeliuError as error:
                fail(str(error), error.exit_code)
            except (HydraException, OmegaConfBaseException) as error:
                fail(_advice(error, self.name), 2)

    def _run(self) -> None:
        given = command_line(self.schema, list(_with_keys(self.schema, sys.argv[1:])))
        if {"--help", "-h"} & set(given.options):
            say(help_text(self.config_name, self.schema, given))
            return
        folders = [one for one in (given.config_dir, conf_folder()) if one is not None]
        check_partner_files(given.chosen, folders)
        sys.argv = [f"heliu {self.name}", *given.options, *given.overrides]
        program = hydra.main(
            version_base="1.3", config_path=str(conf_folder()), config_name=self.config_name
        )
        composed: list[DictConfig] = []  # stays empty for --cfg
        program(composed.append)()
        for config in composed:
            self.action(OmegaConf.to_object(_complete(config)))


def _with_keys(schema: type, words: Sequence[str]) -> Iterator[str]:
    """Yield arguments; the first bare word is the value of the key `FIRST`, if a verb has one."""
    first, before = getattr(schema, "FIRST", None), ""
    for word in words:
        is_bare = first and "=" not in word and word[:1] not in {"-", "~"} and before[:1] != "-"
        yield f"{first}={word}" if is_bare else word
        first, before = None if is_bare else first, word


def verb(group: str, summary: str) -> Callable[[Callable[[Any], None]], Verb]:
    """Declare the function `main(config)` of a module in `jobs/` as a verb.

    `heliu --help` reads both arguments from the source without importing it: write them literally.

    Args:
        group: a key of `jobs.cli.GROUPS`.
        summary: one line.
    """

    def declared(action: Callable[[Any], None]) -> Verb:
        return Verb(group, summary, action)

    return declared


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def circumstances(config: Any) -> dict[str, Any]:
    """Return user, time, code and configuration of a commit, for the log; no digest covers them.

    Args:
        config: the checked configuration of the verb, as resolved; it holds no credentials.
    """
    import dataclasses
    import platform
    from importlib.metadata import version

    from jobs.command.provenance import code_state, lock_digest

    tools = ("pyarrow", "ray", "numba", "numpy", "opencc", "xxhash")
    return {
        "at": now(),
        "by": visible_line(f"{_user()}@{platform.node()}"),
        "python": platform.python_version(),
        "heliu": __version__,
        "code": code_state(),
        "lock": lock_digest(),
        "configuration": redacted_values(dataclasses.asdict(config)),
        **{name: version(name) for name in tools},
    }


def _user() -> str:
    """Return the user's name; in a container often a number without a name."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # the latter before Python 3.13
        return str(os.getuid())


def _complete(config: DictConfig) -> DictConfig:
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise ConfigError("\n".join(_lacking(missing)))
    return config


def _lacking(missing: list[str]) -> Iterator[str]:
    """Yield a line for each place in which keys are missing."""
    partners: dict[str, list[str]] = defaultdict(list)
    for key in missing:
        group, _, rest = key.partition(".")
        partner, dot, name = rest.partition(".")
        is_partners = group == "partners" and bool(dot)
        partners[partner if is_partners else ""].append(name if is_partners else key)
    for partner, names in partners.items():
        if partner:
            yield f"partners/{partner}.yaml does not say {', '.join(f'{name}:' for name in names)}"
        else:
            yield f"please give {', '.join(f'{name}=…' for name in names)}"


def _advice(error: Exception, verb: str) -> str:
    # Hydra would have people append a misspelt key; there is nothing that reads it.
    lines = [line for line in str(error).splitlines() if line.strip() and "use +" not in line]
    text = "\n".join(lines)
    cause = error.__cause__
    if cause is not None and str(cause).splitlines()[:1] != text.splitlines()[:1]:
        text += f": {str(cause).splitlines()[0]}" if str(cause) else ""
    return f"{text}\nsee: heliu {verb} --help"
