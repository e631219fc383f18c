"""Rules about the code that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "jobs").rglob("*.py"))
JUNK = {"utils", "util", "helpers", "common", "misc", "base", "core", "manager"}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_keeps_its_budget(path: Path) -> None:
    assert path.stem not in JUNK
    assert path.read_text(encoding="utf-8").count("\n") <= 300
    for function in functions(path):
        docstring = ast.get_docstring(function, clean=False) or ""
        lines = (function.end_lineno or 0) - function.lineno + 1 - docstring.count("\n")
        assert lines <= 45, f"{function.name} has {lines} lines"


def test_nothing_asserts_what_users_can_cause() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Assert), f"{path}:{node.lineno}"


def test_nothing_depends_on_the_process_hash() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_hash = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hash"
            assert not is_hash, f"{path} calls hash(), which differs per process"
