"""The YAML files of a configuration, read as their authors wrote them.

A word is text unless the schema declares something else: `1.10`, `no` and `007` stay what they are,
and a slip is reported with its file, its line and what to write there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, get_args

import yaml
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf

from jobs.command import data_files
from jobs.command.schemas import (
    Kind,
    called,
    is_list,
    is_mapping,
    is_text,
    keys_of,
    kind_below,
    may_be_null,
    parsed,
    required,
)
from jobs.command.settings import Build
from jobs.command.yaml_slips import read_beyond_slips
from jobs.config_errors import ConfigFileInvalid
from jobs.errors import ConfigError

_HEADER_CHARS = 512
_DELIVERIES = re.compile(r"[^.]+\.(?:groups\.[^.]+\.)?deliveries\.")
_OF_HYDRA = {"defaults", "hydra"}
_NULL = "tag:yaml.org,2002:null"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FULL_WIDTH = {
    "：": "a colon and a space",
    "，": "a comma",
    "\uff3b": "[",
    "\uff3d": "]",
    "\uff5b": "{",
    "\uff5d": "}",
    "\u3000": "plain spaces",
}
_NO_PATH = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool")}


class ConfigFiles(FileConfigSource):
    """Where Hydra finds YAML files: read by `read_config`, by the schema of their folder."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the file's content; its first lines are headers for Hydra."""
        path = Path(self.path) / self._normalize_file_name(config_path)
        if not path.is_file():
            return super().load_config(config_path)  # which says so
        text = _decoded(path)
        group, _, name = config_path.removesuffix(path.suffix).rpartition("/")
        try:
            header = ConfigSource._get_header_dict(text[:_HEADER_CHARS])  # noqa: SLF001  Hydra's
        except ValueError as error:
            raise ConfigFileInvalid(f"{path} begins with no header ({error})") from error
        folder = group.partition("/")[0]
        is_data = folder in data_files.GROUPS
        kind = keys_of(Build).get(folder if is_data else group, Any)
        if header["package"] and not is_data:
            kind = Build if header["package"] == "_global_" else Any
        content = _content(path, text, folder if is_data else None, kind, name)
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


def read_config(path: Path, kind: Kind, name: str) -> Any:
    """Return the content of a partner's file.

    Args:
        path: of the file.
        kind: what it holds; of `dict[str, Partner]` one entry, by its key.
        name: of that key.

    Raises:
        ConfigError: with the file, the line and what to write there.
    """
    return _content(path, _decoded(path), "partners", kind, name)


def _content(path: Path, text: str, group: str | None, kind: Kind, name: str) -> Any:
    return read_beyond_slips(path, text, lambda one: _File(path, one, group).content(kind, name))


def _decoded(path: Path) -> str:
    if path.stat().st_size > data_files.MOST_BYTES:
        raise ConfigFileInvalid(f"{path} has more than {data_files.MOST_BYTES:,} bytes: shorten it")
    body = path.read_bytes()
    if body.startswith(_UTF_16):
        raise ConfigFileInvalid(f"{path} is UTF-16: save it as UTF-8, or: iconv -f UTF-16 -t UTF-8")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = body.count(b"\n", 0, error.start) + 1
        line = body.splitlines()[number - 1].decode("gb18030", "replace").strip()
        raise ConfigFileInvalid(
            f"{path} line {number} is not UTF-8; read as GBK it says {line!r}: save the file as "
            "UTF-8, or: iconv -f GBK -t UTF-8"
        ) from error


class _File:
    """One YAML file and its lines; of a group of `data_files` where others may have written it."""

    def __init__(self, path: Path, text: str, group: str | None) -> None:
        self._path, self._lines = path, text.splitlines()
        self._text, self._group = text, group
        self._slips: list[str] = []

    def content(self, kind: Kind, name: str) -> Any:
        root = self._root()
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            what = "a list" if isinstance(root, yaml.SequenceNode) else f"{root.value!r}"
            self._refuse(root, f"{what} stands where keys are expected: write `key: value`")
        if self._group is not None:
            self._refuse_slip(data_files.excess(root))
        if is_mapping(kind) and get_args(kind):
            self._check_only_key(root, name)
        value = self._value(root, kind, "", ())
        if self._slips:
            raise ConfigFileInvalid("\n".join(self._slips))
        return value

    def _root(self) -> yaml.Node | None:
        try:
            if self._group is not None:
                self._refuse_slip(data_files.directive(self._text))
            return yaml.compose(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self._explain(error)
        except yaml.reader.ReaderError as error:
            number = self._text.count("\n", 0, error.position)
            self._refuse_line(number, f"{chr(error.character)!a} stands there: remove it")

    def _explain(self, error: yaml.MarkedYAMLError) -> NoReturn:
        """Raise an error with what is probably wrong with lines that are no YAML."""
        mark = error.problem_mark or error.context_mark
        at = mark.line if mark else 0
        for number in (at, at - 1):
            line = self._lines[number] if 0 <= number < len(self._lines) else ""
            if "\t" in line:
                self._refuse_line(number, "a tab stands there: indent with spaces")
            self._check_full_width(number, line)
        if at >= len(self._lines):
            self._refuse_line(at - 1, "the file breaks off: close brackets and quotes")
        self._refuse_line(at, f"this is no YAML ({error.problem}): write `key: value`")

    def _check_full_width(self, number: int, words: str) -> None:
        for wide, narrow in _FULL_WIDTH.items():
            if wide in words:
                what = f"{words.strip(' ')!r} has a full-width {wide!r}"
                self._refuse_line(number, f"{what}: write {narrow}")

    def _check_only_key(self, root: yaml.MappingNode, name: str) -> None:
        keys = [self._require_word(key) for key, _ in root.value]
        if keys == [name]:
            return
        if len(keys) == 1 and isinstance(root.value[0][1], yaml.MappingNode):
            cure = f"write `{name}:`, or rename the file to {keys[0]}{self._path.suffix}"
            self._refuse(root, f"the key is {keys[0]!r} and the file {self._path.name}: {cure}")
        for key in root.value:
            self._check_full_width(key[0].start_mark.line, str(key[0].value))
        cure = f"begin with the one key `{name}:` and indent all others below it"
        self._refuse(root, f"{data_files.shown(keys)} stand at the top: {cure}")

    def _value(self, node: yaml.Node, kind: Kind, above: str, inside: tuple[int, ...]) -> Any:
        if id(node) in inside:
            self._refuse(node, "an alias (*) means what it stands in: write it out")
        inside = (*inside, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, kind, above, inside)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, kind, above, inside)
        return self._word(node, kind, above)

    def _mapping(
        self, node: yaml.MappingNode, kind: Kind, above: str, inside: tuple[int, ...]
    ) -> dict[str, Any]:
        if kind is not Any and not is_mapping(kind):
            key = node.value[0][0].value if node.value else ""
            self._refuse(node, f"{_named(above)}: {key!r} stands below it: give {called(kind)}")
        found: dict[str, Any] = {}
        for key, value in self._pairs(node):
            try:
                if self._group is not None:
                    self._refuse_complaint(
                        key, data_files.complaint_of_key(self._group, above, key.value)
                    )
                below = self._kind_below(key, value, kind, above)
                found[key.value] = self._value(value, below, f"{above}{key.value}.", inside)
            except ConfigError as error:  # others may follow
                self._slips.append(str(error))
        return found

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        first: dict[str, int] = {}
        for key, _ in node.value:
            self._require_word(key)
            if key.value in first:
                there = f"{key.value!r} is there twice, first in line {first[key.value] + 1}"
                self._refuse(key, f"{there}: remove one")
            first[key.value] = key.start_mark.line
        yaml.SafeLoader("").flatten_mapping(node)  # `<<: *base`
        yield from node.value

    def _require_word(self, key: yaml.Node) -> str:
        if not isinstance(key, yaml.ScalarNode):
            self._refuse(key, "a list or mapping is no key: write `key: value`")
        return str(key.value)

    def _kind_below(self, key: yaml.Node, value: yaml.Node, kind: Kind, above: str) -> Kind:
        if value.value == "" and value.style is None:  # it may be part of the key: `text：body`
            self._check_full_width(key.start_mark.line, key.value)
        if kind is Build and (key.value in _OF_HYDRA or key.value not in keys_of(Build)):
            return Any  # of one verb alone: it is checked with its keys
        try:
            return kind_below(kind, key.value, above)
        except ConfigError as error:
            self._check_full_width(key.start_mark.line, key.value)
            self._refuse(key, str(error))

    def _sequence(
        self, node: yaml.SequenceNode, kind: Kind, above: str, inside: tuple[int, ...]
    ) -> list[Any]:
        if kind is not Any and not is_list(kind):
            self._refuse(node, f"{_named(above)} is a list here: give {called(kind)}")
        below = Any if kind is Any else get_args(required(kind))[0]
        return [self._value(one, below, above, inside) for one in node.value]

    def _word(self, node: yaml.ScalarNode, kind: Kind, above: str) -> Any:
        word = node.value
        if self._group is not None:
            self._refuse_complaint(node, data_files.complaint_of_value(self._group, above, word))
        if node.style is None and node.tag == _NULL:
            if may_be_null(kind):
                return None
            self._refuse(node, f"{_named(above)} says nothing: give {called(kind)}")
        if "${" in word:
            return word  # resolved later, against the same schema
        if kind is Any and _DELIVERIES.fullmatch(above) and node.style is None:
            self._check_path(node)
        if is_text(kind):
            return word
        try:
            value = parsed(kind, word)
        except ValueError:
            self._check_full_width(node.start_mark.line, word)
            self._refuse(node, f"{_named(above)}: {word!r} stands there: give {called(kind)}")
        self._refuse_complaint(node, data_files.complaint_of_number(above, value))
        return value

    def _check_path(self, node: yaml.ScalarNode) -> None:
        """Refuse a bare number or truth value: more often a slip than the name of a folder."""
        if node.tag in _NO_PATH:
            cure = f"write a path, a pattern or an address (./{node.value} if it is one)"
            self._refuse(node, f"deliveries: {node.value} is no path: {cure}")

    def _refuse_slip(self, slip: data_files.Slip | None) -> None:
        if slip is not None:
            self._refuse_line(slip.line, slip.complaint)

    def _refuse_complaint(self, node: yaml.Node, complaint: str | None) -> None:
        if complaint is not None:
            self._refuse(node, complaint)

    def _refuse(self, node: yaml.Node, what: str) -> NoReturn:
        self._refuse_line(node.start_mark.line, what)

    def _refuse_line(self, number: int, what: str) -> NoReturn:
        raise ConfigFileInvalid(f"{self._path} line {number + 1}: {what}")


def _named(above: str) -> str:
    return above.rstrip(".")
