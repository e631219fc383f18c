"""Types of configuration keys, read from the classes that declare them.

Text is taken letter for letter; only where another type is declared, a word is read as a number or
a truth value. `Any` declares text, or lists and mappings of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import Field, field, fields, is_dataclass, make_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from jobs.config_errors import UnknownKey, suggestion
from jobs.errors import ConfigError

Kind = Any  # a type as a class declares it: str, int | None, list[str], dict[str, Partner], Any
Schema = TypeVar("Schema")

NOT_GIVEN = "???"
MISSING: Any = NOT_GIVEN
"""The default of a key that a file of `conf/` must set, whatever its type."""

_YES = {"true", "yes", "on"}
_NO = {"false", "no", "off"}
_INTEGER = re.compile(r"[+-]?\d(_?\d)*")


def keys_of(schema: Any) -> dict[str, Kind]:
    """Return the keys of a configuration class and their types, in the order of the class."""
    hints = get_type_hints(schema)
    return {one.name: _kind_of(one, hints[one.name]) for one in fields(schema)}


def _kind_of(one: Field[Any], hint: Kind) -> Kind:
    """Return the declared type, or the class that `group` made."""
    factory: Any = one.default_factory
    return factory if hint is Any and is_dataclass(factory) else hint


def group(*classes: type, leave_out: str = "", **others: Kind) -> type[Any]:
    """Make the configuration class of a group of keys from the parameter classes that it sets.

    A field of a class is a key of its own name, or of its `metadata["key"]`. A default of a class
    is what releases meant that do not record such a key; a new build takes it from `conf/`. `sets`
    of the class made are these classes.

    Args:
        classes: frozen dataclasses; a field that two of them share is one key.
        leave_out: a field that has no key in this group: it has its default, or is given.
        others: types of further keys.
    """
    keys = {key: pair for one in classes for key, pair in _group_keys(one, leave_out)}
    keys |= {name: (kind, NOT_GIVEN) for name, kind in others.items()}
    declared = [(name, kind, field(default=default)) for name, (kind, default) in keys.items()]
    return make_dataclass("Group", declared, namespace={"sets": classes})


def _group_keys(params: Any, leave_out: str) -> Iterator[tuple[str, tuple[Kind, Any]]]:
    """Yield the keys of a parameter class and of those in it, each with its type and default."""
    hints = get_type_hints(params)
    for one in fields(params):
        kind = hints[one.name]
        if is_dataclass(kind):
            yield from _group_keys(kind, leave_out)
        elif one.name != leave_out:
            default = NOT_GIVEN if one.default is NO_DEFAULT else one.default
            yield key_of(one), (_without_tuples(kind), default)


def key_of(given: Field[Any]) -> str:
    """Return the key that sets a field of a parameter class."""
    return str(given.metadata.get("key", given.name))


def params_of(params: type[Schema], config: Any, **others: Any) -> Schema:
    """Return parameters from the keys of a group.

    Args:
        params: the class to be made; `config` has keys by the names of its fields.
        config: the group, as checked.
        others: values of fields that are no keys of the group.

    Raises:
        ConfigError: a value that the class refuses.
    """
    given = {
        one.name: _value_of(one, params, config)
        for one in fields(params)  # type: ignore[arg-type]
        if one.name not in others and (hasattr(config, key_of(one)) or _inner(one, params))
    }
    return params(**given, **others)


def _inner(one: Field[Any], params: type) -> type[Any] | None:
    """Return the class of parameters within parameters; None for a field of another type."""
    hint: type[Any] = get_type_hints(params)[one.name]
    return hint if is_dataclass(hint) else None


def _value_of(one: Field[Any], params: type, config: Any) -> Any:
    if not hasattr(config, key_of(one)):
        return params_of(get_type_hints(params)[one.name], config)
    value = getattr(config, key_of(one))
    return tuple(value) if isinstance(value, list) else value


def _without_tuples(kind: Kind) -> Kind:
    """Return the type of a key: Hydra has lists where parameters are tuples."""
    return list[get_args(kind)[0]] if _origin(kind) is tuple else kind  # type: ignore[misc]


def kind_at(schema: type, key: str) -> Kind:
    """Return the type of a dotted key.

    Raises:
        ConfigError: there is no such key.
    """
    kind: Kind = schema
    above = ""
    for part in key.split("."):
        kind = kind_below(kind, part, above)
        above += f"{part}."
    return kind


def kind_below(kind: Kind, name: str, above: str) -> Kind:
    """Return the type of the key `name` of a mapping.

    Args:
        kind: of the mapping.
        name: of the key.
        above: what stands before it in a message, as `minhash.`.

    Raises:
        ConfigError: there is no such key.
    """
    bare = required(kind)
    if bare is Any:
        return Any
    if is_named(bare):
        return get_args(bare)[1]
    if not is_dataclass(bare):
        raise UnknownKey(f"there is no key {above}{name}: {above.rstrip('.')} is {called(kind)}")
    known = keys_of(bare)
    if name not in known:
        raise UnknownKey(f"there is no key {above}{name}{suggestion(name, known)}")
    return known[name]


def _origin(kind: object) -> object:
    return get_origin(kind)


def required(kind: Kind) -> Kind:
    """Return the type without `| None`."""
    if _origin(kind) is UnionType:
        return next(one for one in get_args(kind) if one is not NoneType)
    return kind


def may_be_null(kind: Kind) -> bool:
    """Whether `null` is a value."""
    return kind is Any or (_origin(kind) is UnionType and NoneType in get_args(kind))


def is_text(kind: Kind) -> bool:
    """Whether a word is taken letter for letter."""
    return required(kind) in {str, Any}


def is_mapping(kind: Kind) -> bool:
    """Whether the value is a mapping of keys."""
    bare = required(kind)
    return is_dataclass(bare) or is_named(bare)


def is_named(kind: Kind) -> bool:
    """Whether the value is a mapping whose keys users choose."""
    return _origin(required(kind)) is dict


def is_list(kind: Kind) -> bool:
    """Whether the value is a list."""
    return _origin(required(kind)) is list


def called(kind: Kind) -> str:
    """Return a description of a type for messages."""
    bare = required(kind)
    if is_mapping(kind):
        return "a mapping of keys"
    if is_list(kind):
        return "a list, as [a, b]"
    words = {int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(bare, "text")


def parsed(kind: Kind, word: str) -> object:
    """Return the value of a word where `kind` is declared.

    Raises:
        ValueError: the word is no value of that type.
    """
    bare = required(kind)
    if bare is bool:
        if word.lower() not in _YES | _NO:
            raise ValueError(word)
        return word.lower() in _YES
    if bare is int:
        if not _INTEGER.fullmatch(word):
            raise ValueError(word)
        return int(word)
    if bare is float:
        return float(word)
    if is_text(kind):
        return word
    raise ValueError(word)


def from_plain(schema: type[Schema], given: Mapping[str, Any], above: str = "") -> Schema:
    """Make an object of a configuration class from plain values, as JSON keeps them.

    Keys that the class does not declare are passed over. Text that an earlier version recorded as a
    number or truth value becomes text again.

    Args:
        schema: the class.
        given: values by key.
        above: what stands before a key in a message, as `minhash.`.

    Raises:
        ConfigError: a key without a default is missing.
    """
    known = keys_of(schema)
    found = {
        name: _plain(kind, given[name], f"{above}{name}.")
        for name, kind in known.items()
        if name in given
    }
    lacking = [
        f"{above}{one.name}"
        for one in fields(schema)  # type: ignore[arg-type]
        if one.name not in found and _must_be_given(one)
    ]
    if lacking:
        raise ConfigError(f"the recorded configuration does not say {', '.join(lacking)}")
    return schema(**found)


def _must_be_given(one: Field[Any]) -> bool:
    return one.default == NOT_GIVEN or (
        one.default is NO_DEFAULT and one.default_factory is NO_DEFAULT
    )


def _plain(kind: Kind, value: Any, above: str) -> Any:
    bare = required(kind)
    if value is None or bare is Any:
        return value
    if is_dataclass(bare) and isinstance(value, Mapping):
        return from_plain(bare, value, above)  # type: ignore[arg-type]
    if isinstance(value, Mapping):
        below = get_args(bare)[1]
        return {str(name): _plain(below, one, f"{above}{name}.") for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(get_args(bare)[0], one, above) for one in value]
    return str(value) if bare is str else bare(value)
