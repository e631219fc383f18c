"""What decides a text is part of the keys of work tables and of the manifest, whatever it is."""

from __future__ import annotations

import ast
import sys
import unicodedata
from collections.abc import Collection, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jobs.errors import ConfigError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.builds.publish_stage import candidate, publish_candidate
from jobs.flow.intake.plan import plan
from jobs.flow.tasks import checkpoints
from jobs.flow.tasks import libraries as library_module
from jobs.flow.tasks.libraries import DECIDING, libraries
from jobs.storage.stores import open_store
from tests.builds import ABOUT, build_parameters, write_partner

PACKAGE = Path(checkpoints.__file__).parents[2]
CARRIERS = {
    "backports-zstd": "decoders of fixed formats; Python's own from 3.14 on",
    "boto3": "requests and answers",
    "botocore": "requests and answers",
    "brotli": "a decoder of one format; what fastwarc hands on is as stored",
    "certifi": "whom downloads trust; nothing is downloaded",
    "charset-normalizer": "guesses for bytes; trafilatura is given text",
    "click": "command lines",
    "courlan": "addresses; main texts are extracted without any",
    "cryptography": "signatures beside releases",
    "duckdb": "conditions of exports; no release is made of its answers",
    "htmldate": "dates of pages; heliu finds its own",
    "llvmlite": "numba asks for one version of it",
    "mypy-boto3-s3": "types",
    "ray": "schedules tasks",
    "tqdm": "progress bars",
    "typing-extensions": "types",
    "urllib3": "downloads; nothing is downloaded",
    "xxhash": "computes fixed definitions",
    "babel": "languages of addresses",
    "tld": "domains of addresses",
    "dateparser": "dates of pages",
    "python-dateutil": "dates of pages",
    "pytz": "dates of pages",
    "regex": "dates of pages",
    "six": "dates of pages",
    "tzlocal": "dates of pages",
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    checkpoints.code_digest.cache_clear()
    yield
    checkpoints.code_digest.cache_clear()


def imported(folder: str) -> Iterator[str]:
    """The top modules that a folder of heliu imports."""
    for path in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield str(node.module).partition(".")[0]


def asked_for(distributions: Collection[str]) -> set[str]:
    """These and whatever they declare to need here, directly or not."""
    found, waiting = set(distributions), list(distributions)
    while waiting:
        for line in metadata.requires(waiting.pop()) or ():
            needed = Requirement(line)
            name = canonicalize_name(needed.name)
            is_asked = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if is_asked and name not in found:
                found.add(name)
                waiting.append(name)
    return found


def test_whatever_text_passes_through_is_known_to_decide_or_not_to() -> None:
    at = metadata.packages_distributions()
    ours = {*sys.stdlib_module_names, "compression", "jobs", "_typeshed"}  # compression: of 3.14
    modules = {name for folder in ("corpus", "flow", "storage") for name in imported(folder)} - ours
    direct = {canonicalize_name(name) for module in modules for name in at[module]}
    assert {"resiliparse", "opencc", "pyarrow"} <= direct
    through = direct | asked_for(direct & {*DECIDING})
    assert through <= {*DECIDING, *CARRIERS}
    assert {*DECIDING} - {"lxml-html-clean"} <= through
    assert not {*DECIDING} & {*CARRIERS}


def changed(monkeypatch: pytest.MonkeyPatch, distribution: str) -> None:
    real = metadata.version
    other = lambda name: "0.1" if name == distribution else real(name)  # noqa: E731
    monkeypatch.setattr(library_module, "version", other)
    checkpoints.code_digest.cache_clear()


@pytest.mark.parametrize("distribution", DECIDING)
def test_another_version_of_a_library_makes_another_key(
    distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, told = checkpoints.code_digest(), libraries()
    changed(monkeypatch, distribution)
    assert checkpoints.code_digest() != before
    assert libraries() == {**told, distribution: "0.1"}


def test_another_python_or_unicode_makes_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {checkpoints.code_digest()}
    for place, name, value in (
        (unicodedata, "unidata_version", "99.0.0"),
        (sys, "version_info", (3, 99, 0)),
    ):
        monkeypatch.setattr(place, name, value)
        checkpoints.code_digest.cache_clear()
        digests.add(checkpoints.code_digest())
    assert len(digests) == 3


@pytest.mark.parametrize("folder", ["corpus", "flow", "storage"])
def test_code_that_reads_decodes_and_computes_is_in_the_key(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        checkpoints, "__file__", str(tmp_path / "flow" / "tasks" / "checkpoints.py")
    )
    room = tmp_path / folder / "room"
    room.mkdir(parents=True)
    digests = set()
    for content in ("一", "二"):
        (room / "code.py").write_text(content, encoding="utf-8")
        checkpoints.code_digest.cache_clear()
        digests.add(checkpoints.code_digest())
    assert len(digests) == 2


def test_library_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "DECIDING", ("从未有过",))
    assert libraries()["从未有过"] is None


def test_release_names_the_versions_that_decided_and_a_parent_may_have_had_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "床前明月光"}\n', encoding="utf-8")
    partner = f"deliveries: {tmp_path}/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2"
    write_partner(tmp_path, "gov", partner)
    told, keys = [], []
    for version, parent in (("1.0.0", "null"), ("1.1.0", "1.0.0"), ("1.2.0", "1.1.0")):
        given = ["partners=[gov]", f"corpus.version={version}", f"corpus.parent={parent}"]
        params = build_parameters(tmp_path, tmp_path / "root", *given)
        shards = plan(params)
        before = open_parent(open_store(params.storage), params)
        manifest = candidate(shards, [], [], params, parent=before)
        publish_candidate(manifest, params, ABOUT)
        told.append(manifest["parameters"]["libraries"])
        keys.append(shards[0].key)
        if version == "1.0.0":
            changed(monkeypatch, "resiliparse")
    first, now = told[0]["1.0.0"], libraries()
    assert first["resiliparse"] == metadata.version("resiliparse") != now["resiliparse"]
    assert told == [
        {"1.0.0": first},
        {"1.0.0": first, "1.1.0": now},
        {"1.0.0": first, "1.1.0": now, "1.2.0": now},
    ]
    assert keys[0] != keys[1] == keys[2]


def test_task_on_a_machine_with_other_libraries_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_partner(tmp_path, "gov", "deliveries: x\nformat: jsonl\nlicence: MIT\npriority: 1")
    params = build_parameters(tmp_path, tmp_path / "root", "partners=[gov]")
    piece = checkpoints.CheckpointedTask("demo/work/done.json", "一")
    begun = checkpoints.code_digest()

    def task(spec: str, **_: object) -> checkpoints.Checkpoint:
        return {"spec": spec}

    def run() -> tuple[str, checkpoints.Checkpoint]:
        return checkpoints._run_checkpointed(
            piece, task=task, params=params, code=begun, is_whole=None
        )

    assert run() == (piece.key, {"spec": "一"})
    changed(monkeypatch, "opencc")
    with pytest.raises(ConfigError, match=r"other code or libraries.*opencc 0\.1"):
        run()
