"""From a candidate to a release: sampled, reviewed, attested, and only then published."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from jobs.accept import main as accept_main
from jobs.build import main as build_main
from jobs.errors import ConfigError, NotAccepted, ReleaseMissing, SignatureInvalid
from jobs.flow.releases.acceptance import attested
from jobs.flow.releases.described_files import write_derived
from jobs.flow.releases.mirror import mirror
from jobs.flow.releases.opened_release import open_release
from jobs.publish import main as publish_main
from jobs.sample import main as sample_main
from jobs.storage.directory import DirectoryStore
from jobs.storage.log import head, history
from tests.builds import ABOUT, in_this_process
from tests.takedowns import Built, article, row

pytestmark = pytest.mark.timeout(900)
MAINS = {"build": build_main, "publish": publish_main, "sample": sample_main, "accept": accept_main}
DEMANDS = ("acceptance.reviewed=25", "acceptance.passed=0.96")


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with in_this_process():
        yield


class User:
    """Someone who runs heliu in a folder."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.corpus, self.patch = Built(folder), patch
        self.corpus.deliver("gov", "a", [row(f"g{n}", article(n, 4)) for n in range(30)])

    @property
    def folder(self) -> Path:
        return self.corpus.folder

    def key(self, name: str) -> Path:
        private, public = (self.folder / f"{name}.{end}" for end in ("pem", "pub"))
        make = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", private]
        subprocess.run(make, check=True, capture_output=True)
        halve = ["openssl", "pkey", "-in", private, "-pubout", "-out", public]
        subprocess.run(halve, check=True, capture_output=True)
        return private

    def run(self, verb: str, *given: str) -> None:
        words = [f"storage.root={self.corpus.root}", "corpus.name=demo", *given]
        if verb in {"build", "publish"}:
            words = [f"--config-dir={self.folder}", "partners=[gov]", *words]
            words += ["corpus.version=1.0.0", "alarms=warn"]
        self.patch.setattr("sys.argv", [f"heliu {verb}", *words])
        MAINS[verb]()

    def fails(self, verb: str, *given: str) -> int:
        with pytest.raises(SystemExit) as ended:
            self.run(verb, *given)
        return int(ended.value.code)

    def reviewed(self, name: str, *, failing: int, seed: int = 1) -> str:
        """Draw a sample and let a reviewer fail so many of it; the path of the verdicts."""
        out = self.folder / name
        self.run("sample", "release=1.0.0", f"out={out}", "n=25", f"seed={seed}", "least=0")
        sample = json.loads((out / "sample.json").read_text())
        rows: list[dict[str, Any]] = [{"id": one, "verdict": "pass"} for one in sample["ids"]]
        for one in rows[:failing]:
            one |= {"verdict": "fail", "category": "garbled"}
        said = {name: sample[name] for name in ("sample", "drawn", "release")}
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(said | {"reviewer": "李", "verdicts": rows}))
        return f"verdicts={path}"


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    return User(tmp_path, monkeypatch)


def test_candidate_is_reviewed_refused_reviewed_again_and_published(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"key={user.key('signer')}"
    user.run("build", "publish=false", "format=json", *DEMANDS)
    candidate = orjson.loads(capsys.readouterr().out)
    with pytest.raises(ReleaseMissing):
        user.corpus.opened("1.0.0")
    assert user.fails("publish", *DEMANDS) == NotAccepted.exit_code
    assert "0 of 25 documents of this candidate are attested" in capsys.readouterr().err
    bad = user.reviewed("first", failing=2)
    assert user.fails("accept", "release=1.0.0", bad, key) == NotAccepted.exit_code
    assert "23 of 25 reviewed documents passed, 24 must" in capsys.readouterr().err
    assert user.fails("publish", *DEMANDS) == NotAccepted.exit_code
    assert "23 of 25 reviewed documents passed, 24 must" in capsys.readouterr().err
    assert not head(user.corpus.handle).releases
    user.run("accept", "release=1.0.0", user.reviewed("second", failing=1, seed=2), key)
    assert "24 of 25 reviewed documents passed" in capsys.readouterr().out
    user.run("publish", *DEMANDS)
    release = user.corpus.opened("1.0.0")
    assert release.digest == candidate["digest"]
    recorded = history(user.corpus.handle)[-1]["about"]["acceptance"]
    assert [(one["documents"], one["passed"]) for one in recorded] == [(25, 23), (25, 24)]
    (card,) = (user.corpus.root / "demo" / "releases" / "1.0.0").glob("README.md")
    assert "## Review" in card.read_text(encoding="utf-8")
    other = DirectoryStore(user.folder / "mirror")
    copy = mirror(release, other, commit_info=ABOUT).release
    found = attested(copy.source, copy.digest)
    assert [one["review"]["passed"] for one in found] == [23, 24]
    assert found == attested(user.corpus.handle, release.digest)
    user.run("publish", *DEMANDS)  # nothing is left to do, and nothing is asked
    assert "was already published" in capsys.readouterr().out


def test_digest_is_the_same_whatever_is_demanded_and_found(user: User) -> None:
    user.run("build")
    before = user.corpus.opened("1.0.0").digest
    again = User(user.folder / "again", user.patch)
    again.run("build", "publish=false", *DEMANDS)
    again.run("accept", "release=1.0.0", again.reviewed("v", failing=0), f"key={again.key('k')}")
    again.run("publish", *DEMANDS)
    assert again.corpus.opened("1.0.0").digest == before


def test_only_the_key_that_is_asked_for_counts(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs, ours = user.key("theirs"), user.key("ours")
    demands = (*DEMANDS, f"acceptance.public_key={user.folder / 'ours.pub'}")
    assert user.fails("build", *demands) == NotAccepted.exit_code  # and the candidate is kept
    verdicts = user.reviewed("v", failing=0)
    user.run("accept", "release=1.0.0", verdicts, f"key={theirs}")
    assert user.fails("publish", *demands) == NotAccepted.exit_code
    assert "ours.pub" in capsys.readouterr().err
    user.run("accept", "release=1.0.0", verdicts, f"key={ours}")
    user.run("accept", "release=1.0.0", verdicts, f"key={ours}")  # attests the same once
    user.run("publish", *demands)
    assert len(attested(user.corpus.handle, user.corpus.opened("1.0.0").digest)) == 2
    missing = "acceptance.public_key=nothing.pub"
    assert user.fails("build", "corpus.version=1.0.1", missing) == ConfigError.exit_code


def test_attestation_that_was_edited_is_no_attestation(user: User) -> None:
    key = f"key={user.key('signer')}"
    user.run("build", "publish=false", *DEMANDS)
    bad = user.reviewed("first", failing=5)
    assert user.fails("accept", "release=1.0.0", bad, key) == NotAccepted.exit_code
    (path,) = (user.corpus.root / "demo" / "acceptance").glob("*/*.json")
    right = path.read_bytes()
    envelope = json.loads(right)
    payload = envelope["payload"]
    for spoilt in (b"", b"{}", right.replace(payload[100:110].encode(), b"AAAAAAAAAA")):
        path.write_bytes(spoilt)
        assert user.fails("publish", *DEMANDS) == SignatureInvalid.exit_code
    assert user.fails("accept", "release=1.0.0", bad, key) == NotAccepted.exit_code
    assert user.fails("publish", *DEMANDS) == NotAccepted.exit_code
    user.run("publish")  # nothing is demanded
    release = user.corpus.opened("1.0.0")
    assert write_derived(release)


def test_signals_are_checked_by_the_limits_of_the_build(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    key, limits = f"key={user.key('signer')}", ("acceptance.limits.line_count=0",)
    user.run("build", "publish=false", *limits)
    verdicts = user.reviewed("v", failing=0)
    assert user.fails("accept", "release=1.0.0", verdicts, key) == NotAccepted.exit_code
    said = capsys.readouterr()
    assert "0 of 30 documents are within acceptance.limits, 30 must be" in said.err
    looser = ("acceptance.limits.line_count=1000", "acceptance.within=1.0")
    assert user.fails("publish", *looser) == NotAccepted.exit_code
    assert "not checked by the limits" in capsys.readouterr().err
    user.run("accept", "release=1.0.0", verdicts, key)  # by those of the newest build
    user.run("publish", *looser)


def test_published_release_can_be_sampled_and_attested(user: User) -> None:
    user.run("build")
    verdicts = user.reviewed("v", failing=20)
    user.run("accept", "release=1.0.0", verdicts, f"key={user.key('k')}")
    release = open_release(user.corpus.store, "demo", "1.0.0")
    (found,) = attested(release.source, release.digest)
    assert (found["review"]["passed"], found["reviewers"]) == (5, ["李"])
    assert found["check"] is None
