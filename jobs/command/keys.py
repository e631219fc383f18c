"""The keys of every verb with default, choices and meaning, as the files of `conf/` have them.

The comments there are the help text of the keys, for `--help`, `heliu help`, docs/parameters.md and
the completion of a shell. A comment that begins with `a | b | c` lists the values that may stand
there; on a group of keys, it is of all of them. Nothing here loads Hydra or a verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import yaml

from jobs.command.conf_files import chosen_groups, includes, read_lines

REQUIRED = "???"
_CHOICES = re.compile(r"(?P<list>[^\s|:;]+(?: \| [^\s|:;]+)+)(?:[:;] ?|$)(?P<rest>.*)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\$\{oc\.env:(\w+),null\}")


@dataclass(frozen=True)
class Key:
    """A key of a verb.

    Attributes:
        name: with dots.
        default: as YAML writes it on one line; `???` for what must be given.
        choices: all values that may stand there; empty where it is any of a type.
        meaning: paragraphs of its comment, without the choices.
        source: the file of `conf/` that declares it.
        is_group: whether it stands for all keys below it: a comment about them, no key itself.
        is_like_group: whether the choices are those of its group.
    """

    name: str
    default: str
    choices: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()
    source: str = ""
    is_group: bool = False
    is_like_group: bool = False

    @property
    def shown_default(self) -> str:
        """The default for people."""
        found = _ENVIRONMENT.fullmatch(self.default)
        return f"${found[1]}" if found else self.default.replace(REQUIRED, "required")

    @property
    def shown_meaning(self) -> list[str]:
        """The choices and the meaning, a paragraph each."""
        first, *more = self.meaning or ("",)
        choices = "" if self.is_like_group else " | ".join(self.choices)
        return [f"{choices}: {first}" if choices and first else choices or first, *more]


@cache
def keys_of_verb(config_name: str) -> tuple[Key, ...]:
    """Return the keys of a verb: its own first, then those of the files it includes."""
    own = list(_declared(config_name))
    names = {key.name for key in own}
    for included in reversed(list(includes(config_name))):
        own += [key for key in keys_of_verb(included) if key.name not in names]
        names |= {key.name for key in own}
    own += [
        Key(name, _none(default), (), (_GROUPS.get(name, f"as {group}"),), config_name)
        for name, group, default in chosen_groups(config_name)
        if name not in names
    ]
    return tuple(own)


_GROUPS = {
    "rules": "a profile rules/PROFILE.yaml that rejects documents by their signals",
    "recipe": "a file recipe/NAME.yaml that sets other keys; the command line has the last word",
    "benchmarks": "evaluation sets to be kept out, each a file benchmarks/NAME.yaml",
    "against": "the profile of rules that is compared with",
}


def _none(default: object) -> str:
    return "[]" if default == [] else str(default)


def _declared(config_name: str) -> Iterator[Key]:
    """Yield the keys that a file declares itself."""
    lines = read_lines(config_name)
    root = yaml.compose("\n".join(lines), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for key, value in root.value:
        if key.value not in {"defaults", "hydra"}:
            yield from _below(key, value, "", lines, config_name)


def _below(
    key: yaml.Node, value: yaml.Node, above: str, lines: list[str], source: str
) -> Iterator[Key]:
    name = f"{above}{key.value}"
    choices, meaning = _comment(lines, key.start_mark.line)
    if not isinstance(value, yaml.MappingNode) or value.flow_style:
        yield Key(name, _written(value, lines), choices, meaning, source)
        return
    if meaning:
        yield Key(f"{name}.*", "", choices, meaning, source, is_group=True)
    for one, other in value.value:
        for found in _below(one, other, f"{name}.", lines, source):
            is_like_group = bool(choices) and not found.choices
            yield replace(found, choices=choices, is_like_group=True) if is_like_group else found


def _written(value: yaml.Node, lines: list[str]) -> str:
    """Return a value as its line has it."""
    line, begin, end = value.start_mark.line, value.start_mark.column, value.end_mark.column
    return lines[line][begin:end].strip("\"'") or "''"


def _comment(lines: list[str], number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the choices and the paragraphs of the comment behind the key of a line.

    A comment goes on in lines below that hold nothing else. A line that begins with one of the
    choices is a paragraph of its own.
    """
    _, sharp, first = lines[number].partition(" # ")
    if not sharp:
        return (), ()
    own = [first.strip(), *_continued(lines[number + 1 :])]
    found = _CHOICES.fullmatch(own[0])
    choices = tuple(found["list"].split(" | ")) if found else ()
    paragraphs = [found["rest"].strip() if found else own[0]]
    for line in own[1:]:
        if line.partition(":")[0] in choices or not paragraphs[-1]:
            paragraphs.append(line)
        else:
            paragraphs[-1] += f" {line}"
    return choices, tuple(paragraph for paragraph in paragraphs if paragraph)


def _continued(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip().startswith("# ") or not line.startswith(" "):
            return
        yield line.strip().removeprefix("# ")
