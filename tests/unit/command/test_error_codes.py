"""Every error has a code, every code is raised somewhere and explained, in heliu's words."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import jobs.config_errors
import jobs.errors
from jobs.cli import main, verbs
from jobs.command.error_guide import error_classes, explanation, explanations
from jobs.command.exits import foreseen
from jobs.config_errors import UnknownChoice, unknown_choice
from jobs.errors import ConfigError, HeliuError
from tests.builds import write_partner
from tests.errors_page import page

ROOT = Path(__file__).parents[3]
CLASSES = {one.__name__: one for one in error_classes()}
FOREIGN = re.compile(
    r"hydra|omegaconf|dictconfig|full_key|object_type|https?://|traceback|override|Key '|\('",
    re.IGNORECASE,
)
"""Words of libraries, and reprs of tuples."""
RELEASES = ROOT / "tests/fixtures/release/root"
PARTNER = "deliveries: /a\nformat: jsonl\nlicence: CC0\npriority: 1"


def every_class() -> Iterator[type[HeliuError]]:
    for module in (jobs.errors, jobs.config_errors):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, HeliuError):
                yield value


@cache
def trees() -> dict[Path, ast.Module]:
    paths = (ROOT / "jobs").rglob("*.py")
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def names_used() -> set[str]:
    """Names of errors that code makes: `X(…)`, or X handed to what makes it."""
    used: set[str] = set()
    for tree in trees().values():
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        used |= {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    return used


def test_codes_are_unique_and_begin_with_their_exit_code() -> None:
    codes = [one.code() for one in CLASSES.values()]
    assert len(set(codes)) == len(codes)
    for one in CLASSES.values():
        assert re.fullmatch(rf"HL{one.exit_code:02}\d\d", one.code())


def test_every_code_is_of_an_error_that_is_raised() -> None:
    used = names_used()
    raised = set(CLASSES) - {"HeliuError", "DeliveryError"}
    assert raised <= used, raised - used
    assert not {"HeliuError", "DeliveryError"} & used  # they have no explanation


def test_errors_of_other_modules_have_a_code() -> None:
    known = {one.__name__ for one in every_class()}
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                is_inside = path.name in {"errors.py", "config_errors.py"}
                assert is_inside or not bases & known or node.name == "ObjectReplaced"


def test_every_code_is_explained_and_nothing_else_is() -> None:
    text = (ROOT / "jobs/command/errors.yaml").read_text(encoding="utf-8")
    written = re.findall(r"^(HL\d+):", text, re.MULTILINE)
    assert sorted(written) == list(explanations()) == sorted(set(written))
    for one in explanations().values():
        for part in (one.summary, one.cause, one.remedy, one.example):
            assert part
            assert not FOREIGN.search(part), part
        assert set(re.findall(r"HL\d{4}", one.example)) == {one.code}


def test_errors_page_is_what_the_code_says() -> None:
    written = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    assert written == page(), "python -m tests.errors_page > docs/errors.md"


@pytest.mark.parametrize("code", ["HL0202", "hl1100", "HL7000"])
def test_help_explains_a_code(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["heliu", "help", code])
    main()
    shown = " ".join(capsys.readouterr().out.split())
    for part in (explanation(code).summary, explanation(code).remedy):
        assert " ".join(part.split()) in shown


def ended(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["heliu", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


BUILD = ["corpus.name=a", "corpus.version=1.0.0", "storage.root=r"]
HERE = ["--config-dir=."]
GOV = [*HERE, "partners=[gov]", *BUILD]
SLIPS = {
    ("bild",): ("HL0201", "there is no verb bild: did you mean build?"),
    ("build",): ("HL0205", "corpus.name=…, corpus.version=…, partners=[NAME,…], storage.root=DIR"),
    ("releases", "stroage.root=r"): ("HL0202", "did you mean storage?"),
    ("releases", "storage.root=r", "format=jsn"): (
        "HL0204",
        "choose table or json; did you mean json?",
    ),
    ("releases", "format＝json"): ("HL0206", "write format=json"),
    ("show", "release", "=", "1.0.0"): ("HL0206", "write release=…"),
    ("show", "1.0.0"): ("HL0206", "1.0.0 has no = in it"),
    ("show", "--storage.root=r"): ("HL0206", "write storage.root=r, without dashes"),
    ("show", "--hlep"): ("HL0206", "did you mean --help?"),
    ("report", "sites=viele"): ("HL0203", "sites=viele: give a whole number"),
    ("verify", f"storage.root={RELEASES}", "level=evrything"): (
        "HL0204",
        "did you mean everything?",
    ),
    ("explain", "www.a.example/?id=7", f"storage.root={RELEASES}"): (
        "HL0212",
        "id='www.a.example/?id=7' is in no delivery",
    ),
    ("search", "甲=乙", f"storage.root={RELEASES}"): ("HL3401", "no document of demo 1.0.0 has it"),
    ("tune", "threshold=${x}"): ("HL0202", "threshold refers to x"),
    ("stats", "by=[partner"): ("HL0206", "has no closing bracket"),
    ("stats", "by=[partner，year]"): ("HL0206", "write by=[partner,year]"),
    ("takedown", "release=1.0.0"): ("HL0205", "version=…"),
    ("build", "--config-dir=partnrs"): ("HL0207", "did you mean partners?"),
    ("build", *HERE, "partners=[gof]", *BUILD): ("HL0207", "did you mean gov?"),
    ("build", *HERE, "partners=［gov］", *BUILD): ("HL0206", "write partners=[gov]"),
    ("build", *HERE, "partners=[gov", *BUILD): ("HL0206", "write partners=[gov]"),
    ("build", *GOV, "rules=cc"): ("HL0207", "did you mean cci?"),
    ("build", *GOV, "minhash.bands=${n.o}"): ("HL0202", "minhash.bands refers to n.o"),
    ("build", *GOV, "~rules.reject.nix"): ("HL0202", "nix"),
    ("build", *GOV, "+minhash.bandz=1"): ("HL0202", "did you mean bands?"),
    ("build", *GOV, "recipe=slip"): ("HL0208", "slip.yaml line 3: there is no key minhash.bandz"),
    ("build", *GOV, "recipe=lost"): ("HL0207", "there is no"),
    ("build", *GOV, "minhash.verify=exakt"): ("HL0204", "did you mean exact?"),
    ("build", *GOV, "--cfg", "jbo"): ("HL0204", "did you mean job?"),
    ("build", *HERE, "partners=[empty]", *BUILD): ("HL0205", "deliveries:, format:, licence:"),
    ("build", *HERE, "partners=[gbk]", *BUILD): ("HL0208", "gbk.yaml line 2 is not UTF-8"),
    ("build", *HERE, "partners=[key]", *BUILD): ("HL0208", "did you mean encoding?"),
    ("build", *HERE, "partners=[word]", *BUILD): ("HL0300", "did you mean utf-8?"),
    ("build", *HERE, "partners=[map]", *BUILD): ("HL0204", "did you mean title?"),
}


@pytest.mark.parametrize("given", SLIPS, ids=" ".join)
def test_slip_ends_with_its_code_its_cure_and_no_word_of_a_library(
    given: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_partner(tmp_path, "gov", PARTNER)
    write_partner(tmp_path, "empty", "priority: 1")
    write_partner(tmp_path, "key", f"{PARTNER}\nencodng: utf-8")
    write_partner(tmp_path, "word", f"{PARTNER}\nencoding: utf8")
    write_partner(tmp_path, "map", f"{PARTNER}\ncolumns: {{titel: 标题}}")
    (tmp_path / "partners" / "gbk.yaml").write_bytes("gbk:\n  licence: 张三\n".encode("gbk"))
    (tmp_path / "recipe").mkdir()
    slip = "# @package _global_\nminhash:\n  bandz: 3\n"
    (tmp_path / "recipe" / "slip.yaml").write_text(slip)
    (tmp_path / "recipe" / "lost.yaml").write_text("# @package _global_\ndefaults:\n  - nowhere\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HELIU_ROOT", raising=False)
    code, cure = SLIPS[given]
    exit_code = ended(list(given), monkeypatch)
    shown = capsys.readouterr()
    assert shown.err.startswith(f"heliu: {code}: ")
    assert shown.err.endswith(f"\nsee: heliu help {code}\n")
    assert cure in shown.err
    assert not FOREIGN.search(shown.err), shown.err
    assert exit_code == CLASSES[explanation(code).name].exit_code
    assert shown.out == ""


def test_error_of_a_program_that_uses_heliu_has_its_code_and_survives_workers() -> None:
    error = unknown_choice("format", None, ["table", "json"])
    assert isinstance(error, UnknownChoice)
    assert isinstance(error, ConfigError)
    assert (error.code(), str(error)) == ("HL0204", "format=null: choose table or json")


def test_defect_keeps_its_traceback_and_has_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, foreseen():
        raise RuntimeError("意外")
    shown = capsys.readouterr().err
    assert end.value.code == 70
    assert "RuntimeError: 意外\nheliu: HL7000: " in shown


def test_full_disk_has_a_code_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, foreseen():
        raise OSError(28, "No space left on device", "/盘")
    assert end.value.code == 31
    assert capsys.readouterr().err.startswith("heliu: HL3101: No space left")


@pytest.mark.parametrize("name", sorted(verbs()))
def test_every_verb_says_so_in_its_own_words_if_a_key_is_misspelt(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module(f"jobs.{name.replace('-', '_')}")
    assert ended([name, "nixda.nein=1"], monkeypatch) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("heliu: HL0202: there is no key nixda")
    assert not FOREIGN.search(shown)
