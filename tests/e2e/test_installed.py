"""Heliu as people get it: a wheel in an environment of its own, run where no clone is found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import heliu
import jobs
from jobs.cli import verbs
from tests.commands import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = "{}.{}".format(*sys.version_info)
# One process for all verbs but those that a user would wait for: loading heliu takes seconds.
DRIVER = """import contextlib, io, json, sys
import jobs.cli
told = []
for argv in json.load(sys.stdin):
    sys.argv, code, said, noted = ["heliu", *argv], 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(noted):
        try:
            jobs.cli.main()
        except SystemExit as ended:
            code = ended.code
    told.append([argv, code, said.getvalue(), noted.getvalue()])
json.dump([jobs.__file__, told], sys.stdout)
"""


def interpreters() -> dict[str, Path]:
    """Pythons of this machine that the project names, by version: our own, and others if any."""
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    folders = [Path(folder) for folder in os.get_exec_path() if not folder.endswith("/shims")]
    for home, pattern in ((".pyenv", "versions/*/bin"), (".local/share/uv", "python/*/bin")):
        folders += sorted((Path.home() / home).glob(pattern))
    paths = [folder / f"python{version}" for version in named for folder in folders]
    found = {path.name.removeprefix("python"): path for path in reversed(paths) if path.is_file()}
    return found | {OWN: Path(sys.executable).resolve()}


def tried() -> list[object]:
    """Our own Python and the newest; a machine that has no other says so."""
    newest = max(interpreters(), key=lambda version: int(version.partition(".")[2]))
    why = f"this machine has no Python newer than {OWN}: heliu was NOT installed in one"
    skip = [pytest.mark.skip(why)] if newest == OWN else []
    return [OWN, pytest.param(newest, marks=skip, id=f"newest-{newest}")]


def environment_with(folder: Path, python: Path, *requirements: str) -> Path:
    """The programs of a new environment that holds these and what they declare, as locked."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    constraints = folder / "constraints.txt"
    locked = re.findall(r"^\w\S*==[^\\\n]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    constraints.write_text("\n".join(locked))
    into = ["--quiet", "--constraint", str(constraints), *requirements]
    ours, python = Path(sys.executable), folder / "bin" / "python"
    for installer in (
        [ours.parent / "uv", "pip", "install", "--python", python],
        [ours, "-m", "pip", "--python", python, "install"],  # alone knows of pip's own files
    ):
        done = subprocess.run([*installer, *into], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return folder / "bin"
    pytest.fail(done.stderr)


@pytest.fixture(scope="module")
def hatchling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What builds distributions, as pyproject.toml asks for."""
    folder = tmp_path_factory.mktemp("building") / "env"
    return environment_with(folder, Path(sys.executable), "hatchling>=1.27") / "hatchling"


@pytest.fixture(scope="module")
def built(hatchling: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([hatchling, "build", "-d", folder], cwd=ROOT, check=True, capture_output=True)
    return folder


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_source_distribution_holds_all_that_is_needed_for_the_same_wheel(
    built: Path, hatchling: Path, tmp_path: Path
) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    source = only(tmp_path, "heliu-*")
    for name in ("tests/e2e/test_installed.py", "requirements.lock", ".ci/test", "docs/flow.md"):
        assert (source / name).read_bytes() == (ROOT / name).read_bytes()
    command = [hatchling, "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    wheels = [zipfile.ZipFile(only(folder, "*.whl")) for folder in (built, tmp_path)]
    contents = [{name: wheel.read(name) for name in wheel.namelist()} for wheel in wheels]
    assert contents[0] == contents[1]
    tops = {name.partition("/")[0] for name in contents[0]}
    assert tops == {"jobs", "heliu", f"heliu-{jobs.__version__}.dist-info"}
    conf = {path.relative_to(ROOT).as_posix() for path in (ROOT / "conf").rglob("*.*")}
    assert {f"jobs/{name}" for name in conf} <= contents[0].keys()


@pytest.mark.parametrize("version", tried())
def test_every_verb_of_an_installed_heliu_runs_from_another_folder(
    version: str, built: Path, tmp_path: Path
) -> None:
    programs = environment_with(
        tmp_path / "env", interpreters()[version], str(only(built, "*.whl"))
    )
    here = tmp_path / "别处"
    here.mkdir()
    make, halve = ["genpkey", "-algorithm", "ed25519"], ["pkey", "-in", "key.pem", "-pubout"]
    for command, out in ((make, "key.pem"), (halve, "pub.pem")):
        subprocess.run(["openssl", *command, "-out", out], cwd=here, check=True)
    away = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    away |= {"PATH": "/usr/bin:/bin", "HELIU_ROOT": "releases", "RAY_AUTH_MODE": "disabled"}

    def run(*command: str, given: str = "") -> str:
        done = subprocess.run(
            [programs / command[0], *command[1:]],
            cwd=here,
            env=away,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("heliu", "--version") == f"heliu {jobs.__version__}\n"
    run("heliu", "demo", "out=demo", "size=1MB")
    build = ["--config-dir", "demo/conf", "partners=[gov,news,papers]"]
    build += ["corpus.name=demo", "corpus.version=1.0.0"]
    run("heliu", "build", *build)
    assert run("python", "-c", "import heliu; print(heliu.__version__)") == f"{jobs.__version__}\n"
    first = heliu.open_release(str(here / "releases")).dataset().head(1)["id"][0].as_py()
    run("heliu", "sample", "release=1.0.0", "out=review", "n=20", "least=0")
    sample = json.loads((here / "review" / "sample.json").read_text())
    said = {"reviewer": "李", "verdicts": [{"id": i, "verdict": "pass"} for i in sample["ids"]]}
    (here / "verdicts.json").write_text(json.dumps(sample | said))
    commands = [*reading(first), *(each_stage(build)), *correcting(first), *apart()]
    place, told = json.loads(run("python", "-c", DRIVER, given=json.dumps(commands)))
    assert Path(place).is_relative_to(tmp_path)
    for argv, code, said, noted in told:
        assert (argv, code, bool(said)) == (argv, 0, True), noted
    assert {argv[0] for argv, *_ in told} | {"demo", "build", "sample"} == set(verbs())


def each_stage(build: list[str]) -> list[list[str]]:
    """What the build has done is found again by the stages alone."""
    stages = ("normalize", "dedup", "merge", "publish")
    return [*([stage, *build] for stage in stages), ["judge", *build, "rules=cci"]]


def reading(document: str) -> list[list[str]]:
    """The verbs that change nothing in the root but to sign what is there."""
    alone = ("releases", "show", "files", "decisions", "verify", "log")
    return [
        *([verb] for verb in alone),
        ["explain", f"id={document}"],
        ["search", "text=。"],
        ["stats", "by=[partner,year]"],
        ["report", "alarm=1"],
        ["decontaminate", "--config-dir", "demo/conf", "benchmarks=[civil_service]"],
        ["mirror", "to=mirror"],
        ["export", "format=jsonl", "to=jsonl"],
        ["sign", "release=1.0.0", "key=key.pem"],
        ["verify", "public_key=pub.pem"],
        ["accept", "release=1.0.0", "verdicts=verdicts.json", "key=key.pem"],
    ]


def correcting(document: str) -> list[list[str]]:
    """The verbs that write to the log."""
    new = ["release=1.0.0", "version=1.0.1", "reason=来函", "apply=true"]
    return [
        ["takedown", f"ids=[{document}]", *new],
        ["diff", "a=1.0.0", "b=1.0.1"],
        ["tag", "name=stable", "release=1.0.0"],
        ["rollback", "release=1.0.0"],
        ["rollback", "undo=true"],
        ["yank", "release=1.0.1", "reason=有误"],
        ["gc", "apply=true"],
    ]


def apart() -> list[list[str]]:
    """The verbs that ask no release."""
    delivered = "demo/deliveries/gov/notices-000{}.jsonl.zst"
    texts = [f"{kind}={delivered.format(n)}" for n, kind in enumerate(("positive", "negative"))]
    learn = ["train-quality", *texts, "columns.text=doc.body", "held_out=0.3", "out=model"]
    look = ["preview", "--config-dir", "demo/conf", "partners=[gov]"]
    propose = ["init", "demo/deliveries", "conf=proposed"]
    return [["doctor", "storage.root=new"], ["tune"], learn, propose, look]
