"""How a verb becomes a program: Hydra composes its configuration, errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, get_type_hints

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from jobs import __version__
from jobs.command.escapes import visible_line
from jobs.command.exits import fail, foreseen
from jobs.command.overrides import command_line
from jobs.command.release_settings import register
from jobs.command.settings import conf_folder
from jobs.command.terminal import open_streams, say
from jobs.errors import ConfigError, HeliuError
from jobs.redaction import redacted_values


def run(verb: str, action: Callable[[Any], None]) -> None:
    """Run `action` on the checked configuration of `verb`, taken from the command line.

    The class of the action's parameter `config` says which keys there are, and their types.

    Exits with 0, with an error's own code, with 130 when interrupted, or with 70 for anything
    unforeseen, whose traceback is shown.
    """
    if "--version" in sys.argv[1:]:  # Hydra would tell its own
        say(f"heliu {__version__}")
        return
    # Without this, Hydra prints what goes wrong and exits with 1, whatever it was.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    register()
    program = hydra.main(
        version_base="1.3", config_path=str(conf_folder()), config_name=verb.replace("-", "_")
    )
    composed: list[DictConfig] = []  # stays empty for --help and --cfg
    with foreseen():
        try:
            open_streams()
            given = command_line(get_type_hints(action)["config"], sys.argv[1:])
            sys.argv = [f"heliu {verb}", *given.options, *given.overrides]
            program(composed.append)()
            for config in composed:
                action(OmegaConf.to_object(_complete(config)))
        except HeliuError as error:
            fail(str(error), error.exit_code)
        except (HydraException, OmegaConfBaseException) as error:
            fail(_advice(error, verb), 2)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def circumstances(config: Any) -> dict[str, Any]:
    """Who publishes, when and with what: for the log entry, never part of a digest.

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
    """Who runs this; in a container often a number without a name."""
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
    """What must be given, by where it belongs."""
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
