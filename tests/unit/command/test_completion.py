"""A shell completes verbs, keys, values, names of files, corpora and releases, at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli import main, verbs
from jobs.command.completion import candidates
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.publication import publish
from tests.builds import ABOUT, write_partner
from tests.commands import environment
from tests.manifests import manifest_of, stored_file

RELEASES = Path(__file__).parents[2] / "fixtures" / "release" / "root"
SUMMARIES = {name: what for name, (_, what) in verbs().items()}


def words(line: str) -> list[str]:
    return [word for word, _ in candidates(line, SUMMARIES, {"help": "", "completion": ""})]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("heliu bui", ["build"]),
        ("heliu he", ["help"]),
        ("heliu completion ", ["bash", "zsh", "fish"]),
        ("heliu build minhash.ve", ["minhash.verify="]),
        ("heliu build --con", ["--config-dir"]),
        ("heliu build minhash.verify=", ["minhash.verify=signature", "minhash.verify=exact"]),
        ("heliu verify ray=t", ["ray=true"]),
        (
            "heliu build private_data.mobile=r",
            ["private_data.mobile=replace", "private_data.mobile=report"],
        ),
        ("heliu build rules=c", ["rules=cci", "rules=chinese-webtext"]),
        ("heliu build rank.prefer=[longest,n", ["rank.prefer=[longest,newest"]),
        ("heliu stats by=y", []),
        ("heliu stats by=[y", ["by=[year"]),
        ("heliu help HL02", [f"HL02{number:02}" for number in range(14)]),
        ("heliu help minhash.th", ["minhash.threshold", "minhash.thresholds"]),
        ("heliu nix ", []),
        ("heliu build 'a b", []),
    ],
)
def test_what_may_stand_at_the_end_of_a_line(line: str, found: list[str]) -> None:
    assert words(line) == found


def test_keys_that_are_given_are_not_offered_again() -> None:
    assert "release=" in words("heliu show ")
    assert "release=" not in words("heliu show release=1.0.0 ")
    assert not [word for word in words("heliu build ") if "*" in word]


def test_partners_of_the_folder_that_is_given(tmp_path: Path) -> None:
    for name in ("gov", "水利部"):
        write_partner(tmp_path, name, "licence: MIT")
    line = f"heliu build --config-dir {tmp_path} partners="
    assert words(line) == ["partners=[gov", "partners=[水利部"]
    assert words(f"{line}[gov,") == ["partners=[gov,水利部"]


def test_releases_of_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    given = f"storage.root={RELEASES}"
    assert words(f"heliu show {given} release=") == ["release=1.0.0", "release=latest"]
    assert words(f"heliu show {given} corpus.name=") == ["corpus.name=demo"]
    monkeypatch.setenv("HELIU_ROOT", str(RELEASES))
    assert words("heliu build corpus.parent=1") == ["corpus.parent=1.0.0"]
    assert words("heliu diff b=l") == ["b=latest"]
    monkeypatch.setenv("HELIU_ROOT", "s3://bucket/prefix")
    with monkeypatch.context() as patch:
        asked = lambda _: pytest.fail("a bucket was asked while one types")  # noqa: E731
        patch.setattr("jobs.storage.stores.open_store", asked)
        assert words("heliu show release=") == []
    monkeypatch.setenv("HELIU_ROOT", "/nowhere")
    assert words("heliu show release=") == []


def test_releases_of_several_corpora_have_their_names(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for name, version in (("cci", "1.0.0"), ("demo", "2.0.0")):
        manifest = manifest_of(name, version, [stored_file(store, name, version)])
        publish(Corpus(store, name), manifest, commit_info=ABOUT)
    found = words(f"heliu show storage.root={tmp_path} release=")
    assert found == ["release=cci/1.0.0", "release=demo/2.0.0", "release=latest"]


def test_press_of_a_key_loads_no_library_that_takes_time() -> None:
    code = (
        "import sys; from jobs.cli import main\n"
        f"line = 'heliu show storage.root={RELEASES} release='\n"
        "sys.argv = ['heliu', 'completion', 'words', line]\n"
        "main()\n"
        "heavy = {'hydra', 'omegaconf', 'pyarrow', 'numpy', 'numba', 'ray', 'boto3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["release=1.0.0", "release=latest", "[]"]


PRESS = """\
source <(heliu completion bash)
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_heliu 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("heliu buil", ["build"]),
        ("heliu build minhash.verify=", ["signature", "exact"]),
        ("heliu build minhash.verify=ex", ["exact"]),
    ],
)
def test_script_of_bash_gives_what_bash_puts_behind_its_last_break(
    line: str, replies: list[str]
) -> None:
    done = subprocess.run(
        ["bash", "-c", PRESS, "bash", line],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == replies


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_its_script(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["heliu", "completion", shell])
    main()
    assert "heliu completion words" in capsys.readouterr().out


@pytest.mark.parametrize("given", [[], ["csh"]])
def test_shell_that_is_not_known_is_refused(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["heliu", "completion", *given])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "bash" in capsys.readouterr().err
