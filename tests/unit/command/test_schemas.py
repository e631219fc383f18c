"""A group of keys is declared by the parameter classes that it sets."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.command.schemas import from_plain, group, keys_of, params_of


@dataclass(frozen=True)
class Inner:
    min_chars: int
    prefer: tuple[str, ...]


@dataclass(frozen=True)
class Outer:
    inner: Inner
    share: float = field(metadata={"key": "alarm_share"})
    quoting: str = "double"


def test_keys_of_a_group_are_the_fields_of_its_classes_and_of_those_within_them() -> None:
    schema = group(Outer, Inner, leave_out="quoting", text_bytes=int)
    expected = {"min_chars": int, "prefer": list[str], "alarm_share": float, "text_bytes": int}
    assert keys_of(schema) == expected


def test_parameters_are_made_of_the_keys_of_their_group() -> None:
    config = group(Outer)(20, ["newest"], 0.5, "none")
    assert params_of(Outer, config) == Outer(Inner(20, ("newest",)), 0.5, "none")
    assert params_of(Inner, config, prefer=()) == Inner(20, ())


def test_default_of_a_class_is_what_records_without_the_key_mean() -> None:
    recorded = {"min_chars": 20, "prefer": ["longest"], "alarm_share": 0.5}
    assert from_plain(group(Outer), recorded).quoting == "double"
