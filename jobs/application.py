"""How a verb becomes a program: Hydra composes its configuration, errors become exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, get_type_hints

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from jobs import __version__
from jobs.errors import ConfigError, HeliuError
from jobs.overrides import command_line
from jobs.release_settings import register
from jobs.settings import conf_folder

UNFORESEEN = 70
INTERRUPTED = 130


def run(verb: str, action: Callable[[Any], None]) -> None:
    """Run `action` on the checked configuration of `verb`, taken from the command line.

    The class of the action's parameter `config` says which keys there are, and their types.

    Exits with 0, with an error's own code, with 130 when interrupted, or with 70 for anything
    unforeseen, whose traceback is shown.
    """
    # Without this, Hydra prints what goes wrong and exits with 1, whatever it was.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    register()
    program = hydra.main(
        version_base="1.3", config_path=str(conf_folder()), config_name=verb.replace("-", "_")
    )
    composed: list[DictConfig] = []  # stays empty for --help and --cfg
    try:
        given = command_line(get_type_hints(action)["config"], sys.argv[1:])
        sys.argv = [f"heliu {verb}", *given.options, *given.overrides]
        program(composed.append)()
        for config in composed:
            action(OmegaConf.to_object(_complete(config)))
    except HeliuError as error:
        _fail(str(error), error.exit_code)
    except (HydraException, OmegaConfBaseException) as error:
        _fail(_advice(error, verb), 2)
    except KeyboardInterrupt:
        _fail("interrupted; the same command continues where it stopped", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception:  # noqa: BLE001  the one place: whatever nobody foresaw, exits with its own code
        traceback.print_exc()
        _fail("this is a defect of heliu: please report it with the lines above", UNFORESEEN)


def circumstances(config: Any) -> dict[str, Any]:
    """Who publishes, when and with what: for the log entry, never part of a digest.

    Args:
        config: the checked configuration of the verb, as resolved; it holds no credentials.
    """
    import dataclasses
    import getpass
    import platform
    from importlib.metadata import version

    from jobs.provenance import code_state, lock_digest

    tools = ("pyarrow", "ray", "numba", "numpy", "opencc", "xxhash")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": f"{getpass.getuser()}@{platform.node()}",
        "python": platform.python_version(),
        "heliu": __version__,
        "code": code_state(),
        "lock": lock_digest(),
        "configuration": dataclasses.asdict(config),
        **{name: version(name) for name in tools},
    }


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


def _fail(message: str, code: int) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"heliu: {message}\n")
    sys.exit(code)
