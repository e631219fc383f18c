"""Releases of others: what no heliu writes is refused before it is a key, SQL, a card or a line."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from jobs.errors import ConfigError, DamagedMetadata, HeliuError
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.corrections import tag
from jobs.flow.releases.described_files import view
from jobs.flow.releases.mirror import mirror
from jobs.flow.releases.opened_release import list_releases, open_release
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import log_key, manifest_key, state_key
from jobs.storage.log import head, history
from jobs.storage.releases import corpora
from tests.releases import ABOUT, small_release

Forge = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]
"""Changes a manifest, a state and an entry, before each is named by its content."""

NAMES = ["../../甲", "1.0.0\n1.0.1 2 documents", "\x1b[2J", "'; DROP TABLE x; --", "<script>", ""]


def forged(folder: Path, forge: Forge) -> DirectoryStore:
    """A store with one release, in which somebody changed things and all digests with them."""
    store = DirectoryStore(folder)
    small_release(store)
    entry = orjson.loads(store.get(log_key("demo", 1)))
    state = orjson.loads(store.get(state_key("demo", entry["state"])))
    manifest = orjson.loads(store.get(manifest_key("demo", state["releases"][0]["digest"])))
    forge(manifest, state, entry)
    body = canonical_json(manifest)
    store.put(manifest_key("demo", sha256_hex(body)), body)
    state["releases"][0]["digest"] = entry["operation"]["digest"] = sha256_hex(body)
    part = canonical_json(state)
    entry["state"] = sha256_hex(part)
    store.put(state_key("demo", entry["state"]), part)
    store.delete(log_key("demo", 1))
    store.put_new(log_key("demo", 1), canonical_json(entry))
    return store


def put(value: Any, *path: Any) -> Forge:
    """Sets one value of the manifest."""

    def forge(manifest: dict[str, Any], _state: dict[str, Any], _entry: dict[str, Any]) -> None:
        place: Any = manifest
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

    return forge


def version(name: str) -> Forge:
    def forge(manifest: dict[str, Any], state: dict[str, Any], entry: dict[str, Any]) -> None:
        manifest["version"] = state["releases"][0]["version"] = entry["operation"]["version"] = name

    return forge


def in_state(value: Any, key: str) -> Forge:
    def forge(_manifest: dict[str, Any], state: dict[str, Any], _entry: dict[str, Any]) -> None:
        state[key] = value

    return forge


SHARD = ("shards", 0)
FORGERIES: dict[str, Forge] = {
    **{f"version {name!r}": version(name) for name in NAMES},
    "corpus": put("../x", "corpus"),
    "parent": put({"version": "../x", "digest": "0" * 64}, "parent"),
    "sha256": put("../../../x", *SHARD, "sha256"),
    "key": put("demo/log/00000000000000000002.json", *SHARD, "key"),
    "key of others": put(f"other/blobs/00/{'0' * 64}.parquet", *SHARD, "key"),
    "bytes": put("1 B", *SHARD, "bytes"),
    "since": put("../x", *SHARD, "since"),
    "origin": put("a\nb", *SHARD, "origin"),
    "partner": put({"gov\x1b[2J": {"licence": "MIT"}}, "partners"),
    "account": put([], "partners", "gov"),
    "licence": put("MIT\n---\nlicense: mit", "partners", "gov", "licence"),
    "counts": put("<b>1</b>", "partners", "gov", "kept"),
    "reason": put({"a\u202eb": 1}, "partners", "gov", "reasons"),
    "column": put("a\nb", "schema", "shards", 0, "name"),
    "type": put("string); DROP TABLE x", "schema", "shards", 0, "type"),
    "benchmarks": put([{"name": "a\nb"}], "benchmarks"),
    "no manifest": put(["x"], "partners"),
    "tag": in_state({"stable\x1b[2J": "1.0.0"}, "tags"),
    "tagged": in_state({"stable": "../x"}, "tags"),
    "tombstone": in_state(["../x"], "tombstones"),
    "moved": in_state({"../x": 1}, "moved"),
    "generation": in_state({"0" * 64: "../x"}, "moved"),
    "substitute": in_state({"0" * 64: {"sha256": "../x"}}, "substitutions"),
    "removals": in_state("../x", "removals"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forgery_is_refused_by_name_and_copied_nowhere(tmp_path: Path, forge: Forge) -> None:
    store = forged(tmp_path / "here", forge)
    to = DirectoryStore(tmp_path / "there")
    with pytest.raises(
        DamagedMetadata, match=r"no version of heliu writes|the log was edited|cannot be read"
    ) as caught:
        mirror(open_release(store, "demo", "latest"), to, commit_info=ABOUT)
    assert str(caught.value).isprintable()
    assert not [*(tmp_path / "there").rglob("*")]


@pytest.mark.parametrize("kind", ["fixed_size_binary[99999999999999]", "klingon", "list<a: x>"])
def test_type_that_nobody_knows_is_refused_when_it_is_needed(tmp_path: Path, kind: str) -> None:
    store = forged(tmp_path, put(kind, "schema", "shards", 0, "type"))
    with pytest.raises(DamagedMetadata, match=r"demo 1\.0\.0 has a column in shards of a type"):
        open_release(store, "demo", "latest").schema()


def test_forged_entries_are_refused_wherever_they_are_read(tmp_path: Path) -> None:
    def forge(_manifest: dict[str, Any], _state: dict[str, Any], entry: dict[str, Any]) -> None:
        entry["operation"]["by"] = "甲\x1b[2J"

    store = forged(tmp_path, forge)
    for read in (head, history):
        with pytest.raises(HeliuError, match=r"'operation.by' is '\\u7532\\x1b\[2J'"):
            read(Corpus(store, "demo"))


@pytest.mark.parametrize("seq", ['"../x"', "-5", "1e300", "true", "[]", str(10**30)])
def test_hint_that_is_no_number_is_no_hint(tmp_path: Path, seq: str) -> None:
    store = DirectoryStore(tmp_path)
    small_release(store)
    store.put("demo/head.json", f'{{"seq":{seq}}}'.encode())
    assert head(Corpus(store, "demo")).seq == 1


def test_names_in_the_catalogue_that_are_no_corpora_are_passed_over(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    small_release(store)
    for name in ("a/b", "CATALOG", "probe"):
        store.put(f"catalog/{name}.json", b"{}")
    assert corpora(store) == ["demo"]
    assert len(list_releases(store, None)) == 1


def test_tags_are_called_as_versions_are(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    small_release(store)
    for name in ("../x", "a b", "a\nb", "", "稳\x1b定"):
        with pytest.raises(ConfigError, match="a tag is called as versions are"):
            tag(Corpus(store, "demo"), name, "1.0.0", commit_info=ABOUT)
    tag(Corpus(store, "demo"), "stable-2", "1.0.0", commit_info=ABOUT)
    assert open_release(store, "demo", "stable-2").version == "1.0.0"


def test_card_shows_names_as_they_are(tmp_path: Path) -> None:
    release = small_release(DirectoryStore(tmp_path))
    name = "<img src=x onerror=alert(1)> [点](javascript:alert) | `x` *强* \\| &amp; ![](//x)"
    manifest = release.manifest
    account = manifest["partners"]["gov"] | {"licence": name, "reasons": {name: 1}}
    columns = [{"name": "a`b|``<i>", "type": name, "nullable": True}]
    minhash = dict.fromkeys(("num_perm", "shingle_chars", "bands", "rows", "threshold"), "<b>")
    manifest |= {"partners": {name: account}, "schema": {"shards": columns}}
    manifest |= {"parameters": {"minhash": minhash}}
    card = dataset_card(manifest, release.digest, paths=[]).partition("## Partners")[2]
    without_code = re.sub(r"```.*?```", "", card)
    assert not re.search(r"<|(?<!\\)[\[\]*]", without_code)
    assert html.unescape(re.sub(r"\\([\\`*\[\]|])", r"\1", card)).count(name) == 5
    rows = [line for line in card.splitlines() if line.startswith("| ") and "img" in line]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} <= {4, 5, 6}


def test_view_quotes_what_it_names(tmp_path: Path) -> None:
    name = 'a" AS x; DROP TABLE 表; --'
    manifest = {"corpus": 'de"mo', "version": "1", "schema": {"shards": [{"name": name}]}}
    with duckdb.connect() as base:
        base.execute("CREATE TABLE 表 (x INT)")
        base.execute(view(manifest, []))
        assert base.execute('SELECT * FROM "de""mo"').description[0][0] == name
        file = tmp_path / "it's [甲]*.parquet"
        base.execute(f"COPY (SELECT 7 AS x) TO '{str(file).replace(chr(39), chr(39) * 2)}'")
        base.execute(view(manifest, [str(file)]))
        assert base.execute('SELECT x FROM "de""mo"').fetchall() == [(7,)]
        assert base.execute("SELECT count(*) FROM 表").fetchall() == [(0,)]
