"""Rules about the code that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.cli import verbs

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "jobs").rglob("*.py"))
JUNK = {"utils", "util", "helpers", "common", "misc", "base", "core", "manager"}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


READERS = {
    "flow/tasks/sealed_objects.py": {"open", "get", "put", "put_file"},  # tables between stages
    "flow/tasks/checkpoints.py": {"get", "put"},  # checkpoints
    "flow/releases/attestations.py": {"get", "put"},  # signatures
    "flow/takedown/erasure.py": {"get", "put"},  # records of what was deleted
    "flow/releases/described_files.py": {"put"},
    "flow/releases/candidates.py": {"put"},  # manifests, named by their content
    "flow/releases/acceptance.py": {"get", "put"},  # signed attestations
    "flow/releases/review_samples.py": {"open"},  # for a person's eyes, like `explanation`
    "flow/releases/mirror.py": {"get", "put", "put_file"},  # signatures
    "flow/releases/file_checks.py": {"tail"},  # verify hashes what it reads
    "flow/releases/amounts.py": {"open"},  # for a person's eyes, like the next two
    "flow/releases/explanation.py": {"open"},
    "flow/releases/text_search.py": {"open"},
    "train_quality.py": {"put"},
}
"""Who may ask a store for bytes, and how: all others ask `sealed` and `whole_file`, which check."""


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


def test_one_place_catches_every_error() -> None:
    handlers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type)
    ]
    assert [place.partition(":")[0] for place in handlers] == ["jobs/errors.py"], handlers


def _is_broad(caught: ast.expr | None) -> bool:
    names = {node.id for node in ast.walk(caught) if isinstance(node, ast.Name)} if caught else {""}
    return bool(names & {"", "Exception", "BaseException"})


def test_nothing_depends_on_the_process_hash() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_hash = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hash"
            assert not is_hash, f"{path} calls hash(), which differs per process"


def test_nothing_is_read_from_a_store_without_being_checked() -> None:
    asked = {"open", "get", "stream", "tail", "put", "put_file"}
    for path in MODULES:
        name = path.relative_to(ROOT / "jobs").as_posix()
        if name.startswith("storage/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr in asked and _is_store(node.func.value):
                assert node.func.attr in READERS.get(name, set()), f"{path}:{node.lineno}"


def _is_store(value: ast.expr) -> bool:
    called = value.func if isinstance(value, ast.Call) else value
    return ast.unparse(called).rpartition(".")[2] in {"store", "to", "open_store"}


def test_every_folder_says_what_its_room_is_for() -> None:
    for folder in {path.parent for path in MODULES}:
        source = (folder / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(source)), folder


@pytest.mark.parametrize(("package", "most"), [("corpus", 40), ("flow", 40)])
def test_rooms_of_a_package_need_few_of_each_other(package: str, most: int) -> None:
    folder = ROOT / "jobs" / package
    arrows = set()
    for path in folder.rglob("*.py"):
        room = path.relative_to(folder).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = str(getattr(node, "module", None)).split(".")
            if isinstance(node, ast.ImportFrom) and parts[:2] == ["jobs", package] and parts[2:]:
                arrows.add((room, parts[2]))
    assert len({(ours, theirs) for ours, theirs in arrows if ours != theirs}) < most


def test_modules_directly_in_jobs_are_verbs_that_only_the_command_imports() -> None:
    own = {"__init__", "cli", "config_errors", "errors", "redaction", "quantities"}
    names = {path.stem for path in MODULES if path.parent == ROOT / "jobs"} - own
    assert names == {name.replace("-", "_") for name in verbs()}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            assert module not in {f"jobs.{name}" for name in names}, path


def test_files_of_tests_have_names_of_their_own() -> None:
    """Folders of tests are no packages: pytest takes a file for the module of its name alone."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({*names}) == sorted(names)
