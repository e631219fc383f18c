"""How a verb becomes a program: Hydra composes its configuration, errors become exit codes."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from jobs import __version__
from jobs.errors import HeliuError
from jobs.release_settings import register
from jobs.settings import conf_folder

UNFORESEEN = 70
INTERRUPTED = 130

_UNKNOWN_FILE = re.compile(r"Could not (?:load|find) '(partners|benchmarks)/([^']+)'")
_PAGES = {"partners": "partners.md", "benchmarks": "evaluation-sets.md"}
_BARE_WORD = re.compile(r"[^\[\]{},:\s]*[^\x00-\x7f\[\]{},:\s][^\[\]{},:\s]*")


def run(verb: str, action: Callable[[Any], None]) -> None:
    """Run `action` on the checked configuration of `verb`, taken from the command line.

    Exits with 0, with an error's own code, with 130 when interrupted, or with 70 for anything
    unforeseen, whose traceback is shown.
    """
    # Without this, Hydra prints what goes wrong and exits with 1, whatever it was.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    register()
    program = hydra.main(
        version_base="1.3", config_path=str(conf_folder()), config_name=verb.replace("-", "_")
    )
    sys.argv = [f"heliu {verb}", *(hydra_readable(argument) for argument in sys.argv[1:])]
    composed: list[DictConfig] = []  # stays empty for --help and --cfg
    try:
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


def hydra_readable(argument: str) -> str:
    """An override with its Han words quoted: Hydra's grammar knows bare words in ASCII only.

    `partners=[甲,b]` becomes `partners=['甲',b]`; what is quoted already is left alone.
    """
    key, equals, value = argument.partition("=")
    if value.isascii() or argument.startswith("-") or "'" in value or '"' in value:
        return argument
    if value[0] in "[{":
        return key + equals + _BARE_WORD.sub(r"'\g<0>'", value)
    return f"{key}{equals}'{value}'"


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
        raise MissingMandatoryValue("please give " + ", ".join(f"{key}=…" for key in missing))
    return config


def _advice(error: Exception, verb: str) -> str:
    unknown = _UNKNOWN_FILE.search(str(error))
    if unknown:
        return (
            f"there is no {unknown[1]}/{unknown[2]}.yaml in {conf_folder()} or in the folder of "
            f"--config-dir: write it as docs/{_PAGES[unknown[1]]} says\nsee: heliu {verb} --help"
        )
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
