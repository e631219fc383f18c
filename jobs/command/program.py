"""Verbs as programs: a command line becomes a configuration, errors become exit codes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

from jobs import __version__
from jobs.command.conf_files import conf_folder
from jobs.command.escapes import visible_line
from jobs.command.exits import foreseen
from jobs.command.help import help_of_verb
from jobs.command.missing_keys import require_complete
from jobs.command.overrides import CommandLine, command_line
from jobs.command.plain_config import plain_config
from jobs.command.schemas import from_plain
from jobs.command.terminal import open_streams, say
from jobs.redaction import redacted_values

_KEYED = re.compile(r"[+~]*[A-Za-z_][\w.@/]*=", re.ASCII)  # https://a.example/?id=7 is no key


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
        """Make the schema known to Hydra, which composes what chooses files by name."""
        from jobs.command.composition import register

        register(self.config_name, self.schema)

    def __call__(self) -> None:
        """Run the verb on the command line of this process.

        Exits with 0, with an error's own code, with 130 when interrupted, or with 70 for any other
        error, whose traceback is shown.
        """
        if "--version" in sys.argv[1:]:
            say(f"heliu {__version__}")
            return
        # Without this, Hydra prints what goes wrong and exits with 1, whatever it was.
        os.environ["HYDRA_FULL_ERROR"] = "1"
        with foreseen():
            open_streams()
            self._run()

    def _run(self) -> None:
        line = command_line(self.schema, list(with_keys(self.schema, sys.argv[1:])))
        if {"--help", "-h"} & set(line.options):
            say(help_of_verb(self.config_name, line.given, line.config_dir))
            return
        plain = None if line.options else plain_config(self.config_name, self.schema, line.given)
        if plain is not None:
            require_complete(plain)
            self.action(from_plain(self.schema, plain))
            return
        self._compose(line)

    def _compose(self, line: CommandLine) -> None:
        """Run the verb with what Hydra composes."""
        from jobs.command.chosen_partners import check_partner_files
        from jobs.command.composition import compose, plain_values, typed

        folders = [one for one in (line.config_dir, conf_folder()) if one is not None]
        check_partner_files(line.chosen, folders)
        self.register()
        sys.argv = [f"heliu {self.name}", *line.options, *line.overrides]
        for config in compose(self.config_name, self.schema, line):
            require_complete(plain_values(self.schema, config, line))
            self.action(typed(self.schema, config, line))


def with_keys(schema: type, words: Sequence[str]) -> Iterator[str]:
    """Yield arguments; the first word without a key is the value of `FIRST`, if a verb has one."""
    first, before = getattr(schema, "FIRST", None), ""
    for word in words:
        is_bare = first and not _KEYED.match(word) and word[:1] != "-" and before[:1] != "-"
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
