"""What publishing leaves beside the commit: derived files, and a signature if there is a key."""

from __future__ import annotations

import subprocess
from pathlib import Path

from jobs.flow.builds.publish_stage import publish_candidate
from jobs.flow.releases.attestations import check_signature, sign_published, signing_key
from jobs.flow.releases.verification import verify
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import StorageParams
from tests.builds import ABOUT, build_parameters, opened, write_partner
from tests.releases import small_release

PARTNER = "deliveries: /a/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2"


def test_published_release_is_described_and_signed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    manifest = small_release(DirectoryStore(root)).manifest | {"version": "1.1.0"}
    write_partner(tmp_path, "gov", PARTNER)
    params = build_parameters(tmp_path, root, "partners=[gov]", "corpus.version=1.1.0")
    private, public = tmp_path / "key.pem", tmp_path / "pub.pem"
    for command in (
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", private],
        ["openssl", "pkey", "-in", private, "-pubout", "-out", public],
    ):
        subprocess.run(command, check=True)
    published = publish_candidate(manifest, params, ABOUT)
    folder = root / "demo" / "releases" / "1.1.0"
    assert (folder / "files.txt").read_text().split() == opened(params).files()
    (folder / "README.md").unlink()
    again = publish_candidate(manifest, params, ABOUT)
    assert (published.is_new, again.is_new) == (True, False)
    assert published.digest in (folder / "README.md").read_text()
    key = signing_key(str(private))
    assert key is not None
    sign_published(StorageParams(str(root), None, None), "demo", "1.1.0", key, at=ABOUT["at"])
    assert check_signature(opened(params), public).at == ABOUT["at"]
    assert verify(opened(params)).problems == []
    assert signing_key(None) is None
