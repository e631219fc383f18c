"""The demo is what its truth says it is, to the byte."""

import glob
import itertools
import re
from pathlib import Path

import opencc
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

from jobs.command.config_files import read_config
from jobs.command.schemas import keys_of
from jobs.command.settings import Build
from jobs.errors import ConfigError
from jobs.storage.sources import expand
from jobs.synthesis import grammar, write_demo
from jobs.synthesis.partners import PARTNERS, write_conf
from jobs.synthesis.plants import Plant
from jobs.synthesis.private import resident_id

SIZE_BYTES = 2_000_000


class Demo:
    """A demo and its rows as bytes (lines) or dictionaries (records), keyed by their place."""

    def __init__(self, out: Path, size_bytes: int, seed: int):
        self.out, self.reports = out, []
        self.counts = write_demo(out, size_bytes=size_bytes, seed=seed, report=self.reports.append)
        self.truth = pq.read_table(out / "truth.parquet").to_pylist()
        self.raw = {
            (path.parent.name, path.name, number): row
            for path in sorted((out / "deliveries").glob("*/*"))
            for number, row in enumerate(raw_rows(path), 1)
        }

    def raw_of(self, truth):
        return self.raw[truth["partner"], truth["source_file"], truth["source_row"]]

    def planted(self, plant):
        return [row for row in self.truth if row["plant"] == plant]

    def readable(self):
        """(partner, id) to text, of all rows that can be read."""
        found = {}
        for (partner, _, _), raw in self.raw.items():
            row = parsed(partner, raw)
            if row is not None:
                assert (partner, row["id"]) not in found
                found[partner, row["id"]] = row
        return found


def raw_rows(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    return pa.input_stream(path).read().removesuffix(b"\n").split(b"\n")


def parsed(partner, raw):
    """The row under our names, or None if its line is damaged."""
    if partner == "news":
        names = {"id": "uid", "title": "title", "text": "text", "published": "date"}
        return {ours: raw[theirs] for ours, theirs in names.items()}
    try:
        record = orjson.loads(raw.decode("utf-8" if partner == "gov" else "gb18030"))
    except ValueError:
        return None
    if partner == "gov":
        doc = record["doc"]
        found = {"id": doc["id"], "title": doc["headline"], "published": record["pubtime"]}
        return found | ({"text": doc["body"]} if "body" in doc else {})
    found = {"id": record["编号"], "title": record["标题"], "published": record["发布时间"]}
    return found | ({"text": record["正文"]} if "正文" in record else {})


def shingles(text):
    letters = "".join(c for c in text if c.isalnum())
    return {letters[i : i + 5] for i in range(len(letters) - 4)}


def jaccard(one, other):
    return len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return Demo(tmp_path_factory.mktemp("demo") / "out", SIZE_BYTES, seed=1)


@pytest.fixture(scope="module")
def rows(demo):
    return demo.readable()


def folder_bytes(out):
    # The configuration holds the absolute path of its folder.
    return {
        path.relative_to(out): path.read_bytes().replace(str(out).encode(), b"")
        for path in sorted(out.rglob("*.*"))
        if path.is_file()
    }


def test_demo_of_the_same_seed_has_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_demo(tmp_path / name, size_bytes=200_000, seed=3, report=lambda _: None)
    assert folder_bytes(tmp_path / "a") == folder_bytes(tmp_path / "b")


def test_demo_of_another_seed_has_other_texts(tmp_path, rows):
    other = Demo(tmp_path / "out", 200_000, seed=2)
    texts = {row["text"] for row in rows.values() if row.get("text")}
    assert not texts & {row["text"] for row in other.readable().values() if row.get("text")} - {""}


def test_demo_size_asked_for_is_met_and_reported(demo, rows):
    read_bytes = sum(len((row.get("text") or "").encode()) for row in rows.values())
    assert abs(demo.reports[-1] - SIZE_BYTES) < 0.05 * SIZE_BYTES
    # Two damaged documents and one without its text are counted but cannot be read.
    assert 0.95 * SIZE_BYTES < read_bytes <= demo.reports[-1]
    assert demo.reports == sorted(demo.reports)
    assert len(demo.reports) >= 2


def test_demo_counts_every_row_and_has_several_files_per_partner(demo):
    keys = list(demo.raw)
    assert demo.counts == {
        name: sum(1 for key in keys if key[0] == name) for name in ("gov", "news", "papers")
    }
    for name in demo.counts:
        assert len({file for partner, file, _ in keys if partner == name}) >= 2


def test_truth_of_a_small_demo_has_every_plant(demo):
    assert sum(demo.counts.values()) >= 300
    assert {row["plant"] for row in demo.truth} == {str(plant) for plant in Plant}
    is_across = {row["partner"] != row["of_partner"] for row in demo.planted("exact_duplicate")}
    assert is_across == {True, False}


def test_truth_points_at_the_rows_it_names(demo):
    for truth in demo.truth:
        row = parsed(truth["partner"], demo.raw_of(truth))
        is_damaged = truth["plant"] in ("dirty_bytes", "broken_json")
        assert (row is None) is is_damaged
        assert is_damaged or row["id"] == truth["source_id"]


def test_rows_without_truth_are_readable_and_hold_text(demo, rows):
    planted = {(row["partner"], row["source_id"]) for row in demo.truth}
    ordinary = [row for key, row in rows.items() if key not in planted]
    assert len(ordinary) + len(demo.truth) == sum(demo.counts.values())
    for row in ordinary:
        assert len(row["text"]) >= 150
        assert "。" in row["text"]
        assert "2001-01-01" <= row["published"] <= "2023-11-30"


def test_exact_duplicates_hold_the_text_of_their_original(demo, rows):
    for truth in demo.planted("exact_duplicate"):
        original = rows[truth["of_partner"], truth["of_source_id"]]
        assert rows[truth["partner"], truth["source_id"]]["text"] == original["text"]
        assert truth["jaccard"] == 1.0


def test_near_duplicates_have_the_similarity_recorded(demo, rows):
    planted = demo.planted("near_duplicate")
    for truth in planted:
        text = rows[truth["partner"], truth["source_id"]]["text"]
        original = rows[truth["of_partner"], truth["of_source_id"]]["text"]
        assert jaccard(text, original) == pytest.approx(truth["jaccard"], abs=1e-6)
        assert 0.3 < truth["jaccard"] < 1.0
    assert {row["detail"] for row in planted} & {"truncated", "rewritten", "renumbered"}


def test_traditional_copies_fold_back_to_their_original(demo, rows):
    folding = opencc.OpenCC("t2s")
    for truth in demo.planted("traditional_copy"):
        text = rows[truth["partner"], truth["source_id"]]["text"]
        original = rows[truth["of_partner"], truth["of_source_id"]]["text"]
        assert jaccard(text, original) < 0.7
        assert jaccard(folding.convert(text), original) > 0.95


def test_originals_resemble_each_other_hardly_at_all(demo, rows):
    planted = {(row["partner"], row["source_id"]) for row in demo.truth}
    sets = [shingles(row["text"]) for key, row in rows.items() if key not in planted][:80]
    highest = max(len(a & b) / len(a | b) for a, b in itertools.combinations(sets, 2))
    assert highest < 0.15


def test_dirty_lines_do_not_decode_and_broken_ones_do_not_parse(demo):
    encodings = {"gov": "utf-8", "papers": "gb18030"}
    for truth in demo.planted("dirty_bytes"):
        with pytest.raises(UnicodeDecodeError):
            demo.raw_of(truth).decode(encodings[truth["partner"]])
    for truth in demo.planted("broken_json"):
        text = demo.raw_of(truth).decode(encodings[truth["partner"]])
        assert truth["source_id"] in text
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(text)


def test_rows_without_text_lack_it_in_the_way_recorded(demo, rows):
    found = {
        plant: [rows[row["partner"], row["source_id"]] for row in demo.planted(plant)]
        for plant in ("null_text", "empty_text", "missing_text")
    }
    assert all(row["text"] is None for row in found["null_text"])
    assert all(row["text"].strip() == "" for row in found["empty_text"])
    assert all("text" not in row for row in found["missing_text"])


def test_private_data_is_in_the_text_that_truth_names(demo, rows):
    for truth in demo.planted("private_data"):
        text = rows[truth["partner"], truth["source_id"]]["text"]
        found = dict(pair.split("=") for pair in truth["detail"].split())
        assert found
        assert all(value in text for value in found.values())
        assert re.fullmatch(r"1[3-9]\d{9}", found.get("mobile", "13800000000"))


def test_resident_id_has_the_check_digit_of_iso_7064():
    pen = grammar.Pen("身份证")
    for number in (resident_id(pen) for _ in range(100)):
        digits = [10 if digit == "X" else int(digit) for digit in number]
        # MOD 11-2: the weighted sum with the check digit leaves 1.
        assert sum(digit * 2 ** (17 - at) for at, digit in enumerate(digits)) % 11 == 1


def test_leaked_questions_are_in_their_documents_and_others_in_none(demo, rows):
    items = [
        item
        for path in sorted((demo.out / "benchmarks").glob("*.jsonl"))
        for item in map(orjson.loads, path.read_bytes().splitlines())
    ]
    questions = {item["id"]: item["question"] for item in items}
    assert len(questions) == len(set(questions.values())) == len(items)
    assert all(item["answer"] in "ABCD" and len(item["options"]) == 4 for item in items)
    leaked = {}
    for truth in demo.planted("benchmark_leak"):
        item_id = truth["detail"].split(":")[0]
        leaked[truth["partner"], truth["source_id"]] = item_id
        assert questions[item_id] in rows[truth["partner"], truth["source_id"]]["text"]
    everything = "\n".join(row.get("text") or "" for key, row in rows.items() if key not in leaked)
    assert leaked
    assert not any(question in everything for question in questions.values())


@pytest.mark.parametrize(
    ("plant", "pattern"),
    [
        ("full_width", "[０-９]"),
        ("html_residue", r"<(p|br/|div|span)[ >]?|&\w+;"),
        (
            "control_characters",
            "[\u200b-\u200d\u202a\u202c\u2060\ufeff\u00ad\x01-\x08\x0b-\x1f\x7f]",
        ),
        ("boilerplate", "编辑：[\\s\\S]*(版权|授权)"),
    ],
)
def test_dirt_is_where_truth_says_and_nowhere_else(demo, rows, plant, pattern):
    planted = {(row["partner"], row["source_id"]) for row in demo.truth}
    dirty = {(row["partner"], row["source_id"]) for row in demo.planted(plant)}
    for key, row in rows.items():
        if key in dirty or key not in planted:
            assert bool(re.search(pattern, row["text"])) is (key in dirty)


def test_partner_configuration_finds_the_files_and_names_the_columns(demo):
    for name, suffix in (("gov", ".zst"), ("news", ".parquet"), ("papers", ".gz")):
        conf = OmegaConf.to_container(OmegaConf.load(demo.out / f"conf/partners/{name}.yaml"))
        assert list(conf) == [name]
        partner = conf[name]
        files = glob.glob(partner["deliveries"])  # noqa: PTH207
        assert {Path(file).suffix for file in files} == {suffix}
        assert set(partner["columns"]) == {"id", "title", "text", "url", "published"}
        assert partner["format"] == ("parquet" if name == "news" else "jsonl")
    assert OmegaConf.load(demo.out / "conf/partners/gov.yaml").gov.columns.text == "doc.body"


def test_write_demo_over_another_demo_is_refused(demo):
    with pytest.raises(ConfigError, match="already holds"):
        write_demo(demo.out, size_bytes=1000, seed=1, report=lambda _: None)


def test_write_demo_of_no_size_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="positive"):
        write_demo(tmp_path, size_bytes=0, seed=1, report=lambda _: None)


def test_grammar_lists_fit_the_byte_that_chooses_from_them():
    longest = max(map(len, grammar._COMMON.values()))
    patterns = max(len(grammar._all_expanded(patterns)) for patterns in grammar._SETS.values())
    slots = max(len(slots) for kind in grammar._SETS for _, slots in grammar.forms(kind, 0))
    assert longest <= 256
    assert patterns <= 256
    assert slots < grammar._SENTENCE_BYTES


def test_partners_files_find_deliveries_below_any_folder(tmp_path: Path) -> None:
    out = tmp_path / "it's: [1] # r*x"
    for partner in PARTNERS:
        (out / partner.name).mkdir(parents=True)
        (out / partner.name / f"a.{partner.suffix}").write_text("x")
    write_conf(tmp_path / "conf", out)
    for partner in PARTNERS:
        path = tmp_path / "conf" / f"{partner.name}.yaml"
        given = read_config(path, keys_of(Build)["partners"], partner.name)[partner.name]
        (found,) = expand(
            [given["deliveries"]], partner=partner.name, endpoint_url=None, follow_links=False
        )
        assert Path(found.uri) == out / partner.name / f"a.{partner.suffix}"
