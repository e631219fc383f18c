"""A build that loses too much is not published unless told to warn; its report says so too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from jobs.build import main as build_main
from jobs.corpus.release.loss_alarms import AlarmKind
from jobs.errors import LossAlarm
from jobs.flow.builds.loss_alarms import release_alarms
from jobs.report import main as report_main
from jobs.storage.log import head
from tests.builds import build, in_this_process
from tests.takedowns import Built, article, objects_with, request, row, rows

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with in_this_process():
        yield


@pytest.fixture
def corpus(tmp_path: Path) -> Built:
    corpus = Built(tmp_path, how=("alarms=stop",))
    corpus.deliver("gov", "a", [row(f"g{number}", article(number, 4)) for number in range(30)])
    return corpus


def test_one_id_for_all_stops_a_build_and_warns_only_if_told_to(
    corpus: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus.deliver("news", "a", [row("0", article(n, 4)) for n in range(100, 140)])
    corpus.deliver("papers", "a", [row(f"p{n}", article(n, 4)) for n in range(30)])
    (corpus.folder / "deliveries" / "papers" / "b.jsonl").write_bytes(b"\n\n")
    given = [f"--config-dir={corpus.folder}", "partners=[gov,news,papers]", "corpus.name=demo"]
    given += ["corpus.version=1.0.0", f"storage.root={corpus.root}", "format=json"]
    monkeypatch.setattr("sys.argv", ["heliu build", *given])
    with pytest.raises(SystemExit) as ended:
        build_main()
    said = capsys.readouterr()
    assert ended.value.code == LossAlarm.exit_code
    stopped = orjson.loads(said.out)
    assert [(one["partner"], one["kind"], one["rows"]) for one in stopped["alarms"]] == [
        ("news", "same_id", 39),
        ("papers", "empty_files", 1),
        ("papers", "nothing_kept", 0),
    ]
    assert "papers: none of 30 rows is kept" in said.err
    assert "alarms=warn" in said.err
    assert not head(corpus.handle).releases
    assert objects_with(corpus.root, article(0, 4)), "everything is kept"
    monkeypatch.setattr("sys.argv", ["heliu build", *given, "alarms=warn"])
    build_main()
    said = capsys.readouterr()
    published = orjson.loads(said.out)
    assert (published["is_new"], published["alarms"]) == (True, stopped["alarms"])
    assert said.err.count("heliu: alarm: ") == len(stopped["alarms"])
    asked = [f"storage.root={corpus.root}", "format=json"]
    monkeypatch.setattr("sys.argv", ["heliu report", *asked])
    with pytest.raises(SystemExit) as ended:
        report_main()
    assert ended.value.code == LossAlarm.exit_code
    assert orjson.loads(capsys.readouterr().out)["alarms"] == stopped["alarms"]


def test_release_is_alarming_for_what_it_was_given_last(corpus: Built) -> None:
    corpus.build("1.0.0", "gov")
    corpus.deliver("gov", "b", [row("new", article(3, 4))])
    params = corpus.params("1.1.0", "gov", parent="1.0.0")
    with pytest.raises(LossAlarm, match="gov: none of 1 rows is kept"):
        build(params)
    params = replace(params, alarms=replace(params.alarms, is_stopping=False))
    published = build(params)
    assert [alarm.kind for alarm in published.alarms] == [AlarmKind.NOTHING_KEPT]
    assert published.manifest["partners"]["gov"]["kept"] == 30
    release = corpus.opened("1.1.0")
    assert release_alarms(release, params.alarms) == list(published.alarms)
    # Nothing new is nothing lost, and a takedown loses nothing that was delivered.
    assert corpus.build("1.2.0", "gov", parent="1.1.0").manifest["documents"] == 30
    corpus.take_down(request(release="1.2.0", version="1.2.1", urls=(), partner="gov"))
    assert release_alarms(corpus.opened("1.2.1"), params.alarms) == list(published.alarms)


def test_mapped_column_that_no_row_fills_is_alarming_after_reading(corpus: Built) -> None:
    params = corpus.params("1.0.0", "gov")
    (group,) = params.partners[0].groups
    columns = (*group.reading.columns, ("published", "pubtime"))
    reading = replace(group.reading, columns=tuple(sorted(columns)))
    partner = replace(params.partners[0], groups=(replace(group, reading=reading),))
    params = replace(params, partners=(partner,))
    with pytest.raises(LossAlarm, match=r"gov: columns\.published gives nothing in any of 30 rows"):
        build(params)


def test_words_for_no_id_are_no_id(corpus: Built) -> None:
    words = ["\\N", "NULL", "null", "None", "nan", "<NA>", "-", " ", ""]
    given = [row("7", article(n, 4)) | {"id": words[n % len(words)]} for n in range(200, 240)]
    corpus.deliver("news", "a", [*given, row("n", article(1000, 4))])
    release = corpus.build("1.0.0", "news")
    assert release.manifest["partners"]["news"]["kept"] == 41
    assert {one["source_id"] for one in rows(release, "decisions")} == {None, "n"}
