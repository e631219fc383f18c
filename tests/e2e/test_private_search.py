"""A build by a user, through Ray: no planted value in anything that is written or printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.corpus.private_data.kinds import PrivateKind
from tests.builds import write_partner
from tests.commands import heliu
from tests.private_deliveries import everything_below, held, lines, parts_held, quoted_lines

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(300)]

READING = (
    ("report",),
    ("search", "text=有关情况已经核实无误"),
    ("explain", "id=http://a.example/1"),
)


def test_no_planted_value_is_written_or_printed(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([*lines(), *quoted_lines()]))
    given = f"deliveries: {tmp_path}/a.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 1\n"
    mapped = "html: true\ncolumns: {title: title, url: url, published: date}\n"
    write_partner(tmp_path, "gov", given + mapped + "keep: [note, contacts]\n")
    root, logs = tmp_path / "releases", tmp_path / "ray"
    logs.mkdir()
    where = (f"storage.root={root}", "corpus.name=demo")
    replaced = [f"private_data.{kind}=replace" for kind in PrivateKind]
    built = heliu(
        *("build", "--config-dir", str(tmp_path), "partners=[gov]", "corpus.version=1.0.0", *where),
        *(
            "alarms=warn",
            "limits.reject_share=1",
            "rights.policy=report",
            "shards.input_bytes=20000",
        ),
        *("paragraphs.min_documents=5", *replaced, "private_data.qq=drop"),
        HELIU_PROGRESS="every",
        RAY_TMPDIR=str(logs),
    )
    assert built.returncode == 0, built.stderr
    printed = {"build": built.stdout + built.stderr}
    for verb, *keys in READING:
        read = heliu(verb, "release=1.0.0", *where, *keys)
        # An alarm and an id of two documents are answers too: none of them may quote a value.
        assert read.returncode in {0, 2, 41}, (verb, read.stderr)
        printed[verb] = read.stdout + read.stderr
    exported = heliu("export", "release=1.0.0", *where, "format=huggingface", f"to={tmp_path}/out")
    assert exported.returncode == 0, exported.stderr
    found = [
        (name, held(text) | parts_held(text))
        for name, text in (
            *printed.items(),
            *everything_below(root),
            *everything_below(logs),
            *everything_below(tmp_path / "out"),
        )
    ]
    assert len(found) > 20
    assert [one for one in found if one[1]] == []
