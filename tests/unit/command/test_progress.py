"""Progress of a build: live, as lines, as events, and its log."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from jobs.command import progress as progress_module
from jobs.command.progress import Watch, progress_line, watched
from jobs.command.progress_state import BuildProgress, Snapshot
from jobs.command.progress_view import rendered
from jobs.errors import ConfigError, DeliveryUnreadable, StorageError
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import TaskCounts
from jobs.storage.directory import DirectoryStore
from tests.builds import build_parameters, write_partner
from tests.commands import ROOT
from tests.screens import watch

NAMES = ("gov", "国务院公报", "news-of-all-the-provinces-of-china")
WITH_USER = "https://user:geheim@example.cn/a.jsonl"


@pytest.fixture
def params(tmp_path: Path) -> BuildParams:
    write_partner(
        tmp_path / "conf", "gov", "deliveries: x\nformat: jsonl\nlicence: MIT\npriority: 1"
    )
    return build_parameters(tmp_path / "conf", tmp_path / "root", "partners=[gov]")


def running() -> Snapshot:
    """A build in the middle of normalize."""
    now = [0.0]
    state = BuildProgress({"normalize": 3.0, "merge": 1.0}, lambda: now[0])
    state.advance("normalize", 0, 1266)
    for done in range(1, 401):
        now[0] += 3.0
        one = TaskCounts(NAMES[done % 3], 1234, 64_000_000, rejected=done % 2)
        state.advance("normalize", done, 1266, [one])
    return state.snapshot()


def screen(snapshot: Snapshot, width: int) -> list[str]:
    """What a terminal of that width shows."""
    console = Console(width=width, file=io.StringIO(), force_terminal=True, no_color=True)
    with console.capture() as shown:
        console.print(rendered("cci 1.0.0", snapshot))
    return [line.rstrip() for line in Text.from_ansi(shown.get()).plain.splitlines()]


@pytest.mark.parametrize("width", [80, 160])
def test_view_fits_and_aligns_chinese_names(width: int) -> None:
    lines = screen(running(), width)
    assert max(map(cell_len, lines)) <= width
    assert lines[0].startswith("cci 1.0.0")
    assert lines[0].endswith("20 min, about 1 h 4 min left")
    assert lines[1].endswith("23.7 %")
    assert lines[2].startswith("normalize  400 of 1,266 tasks, 411 rows/s, 21 MB/s")
    header, *rows = lines[4:]
    ends = {cell_len(row[: row.index("–")]) for row in rows}
    assert ends == {cell_len(header[: header.index("kept")]) + 3}  # all partners' columns end there
    assert [row.split()[0] for row in rows] == ["gov", "news-of-all-the-pro…", "国务院公报", "all"]


def test_view_of_many_partners_is_of_a_dozen_and_of_all() -> None:
    state = BuildProgress({"normalize": 1.0})
    for number in range(40):
        state.advance("normalize", number, 40, [TaskCounts(f"合作方{number:02}", 5, 100)])
    lines = screen(state.snapshot(), 80)
    assert len(lines) < 24
    assert "and 28 more" in lines
    assert lines[-1].split()[:2] == ["all", "200"]


def test_line_says_what_the_view_does() -> None:
    assert progress_line(running()) == (
        "normalize: 400/1,266, 23.7 % of the build, 493,600 rows, 26 GB, 200 rejected, 21 MB/s, "
        "20 min, about 1 h 4 min left"
    )


def run(progress: Watch) -> None:
    """A build of one partner, with a warning."""
    progress("normalize", 0, 2)
    progress("normalize", 1, 2, [TaskCounts("gov", 10, 1000, rejected=1)])
    logging.getLogger("jobs.flow").warning("heliu: %s: bad", WITH_USER)
    progress("normalize", 2, 2, [TaskCounts("gov", 10, 1000)])
    progress("merge", 0, 1)
    progress("merge", 1, 1, [TaskCounts("gov", 20, 900, kept=18, dropped=1, rejected=1)])


def events(text: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in text.splitlines()]


def test_lines_are_one_for_each_beginning_and_end(
    params: BuildParams, capsys: pytest.CaptureFixture[str]
) -> None:
    with watched(params, "auto") as watch:
        run(watch)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "normalize: 0/2",
        "heliu: https://***@example.cn/a.jsonl: bad",
        "normalize: 2/2",
        "merge: 0/1",
        "merge: 1/1",
        lines[-1].partition(",")[0],
    ]
    assert lines[-1].startswith("done in ")
    assert lines[-1].endswith("s: 20 rows, 2.0 kB of text")
    assert "20 rows, 2.0 kB, 18 kept, 1 dropped, 1 rejected" in lines[4]


def test_work_that_goes_on_has_a_line_every_ten_seconds(
    params: BuildParams, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    with watched(params, "lines") as watch:
        for done in range(100):
            now[0] += 1.0
            watch("normalize", done, 100)
    assert len(capsys.readouterr().err.splitlines()) == 1 + 99 // 11 + 1


def test_events_are_json_by_line_and_the_log_holds_the_same(
    params: BuildParams, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with watched(params, "json") as watch:
        run(watch)
    out, err = capsys.readouterr()
    assert out == ""
    seen = events(err)
    assert [one["event"] for one in seen] == [
        *("begin", "stage", "warning", "progress", "stage", "progress", "end")
    ]
    assert (seen[0]["corpus"], seen[0]["partners"]) == ("demo", ["gov"])
    last = seen[-2]
    assert (last["label"], last["done"], last["total"], last["share"]) == ("merge", 1, 1, 1.0)
    assert [last[name] for name in ("rows", "kept", "dropped", "rejected")] == [20, 18, 1, 1]
    assert last["partners"]["gov"]["text_bytes"] == 2000
    assert seen[-1]["exit_code"] == 0
    (log,) = (tmp_path / "root/demo/work/logs").iterdir()
    assert str(log) == seen[0]["log"] == watch.run["log"]
    kept = events(log.read_text(encoding="utf-8"))
    assert [one["event"] for one in kept] == [one["event"] for one in seen]
    assert "geheim" not in log.read_text(encoding="utf-8") + err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (
            DeliveryUnreadable(f"{WITH_USER} is cut short"),
            11,
            "https://***@example.cn/",
        ),
        (ValueError(f"{WITH_USER}?"), 70, "https://***@example.cn/a.jsonl?"),
    ],
)
def test_how_a_build_ended_is_the_last_event(
    params: BuildParams,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    message: str,
) -> None:
    def end() -> None:
        with watched(params, "json") as watch:
            watch("normalize", 1, 2)
            raise error

    with pytest.raises(type(error)):
        end()
    last = events(capsys.readouterr().err)[-1]
    assert (last["event"], last["exit_code"]) == ("end", code)
    assert str(last["message"]).startswith(message)
    (log,) = Path(params.storage.root).glob("demo/work/logs/*")
    assert events(log.read_text(encoding="utf-8"))[-1] == {**last, "at": last["at"]}


def test_build_that_stops_says_what_is_kept(
    params: BuildParams, capsys: pytest.CaptureFixture[str]
) -> None:
    def end() -> None:
        with watched(params, "lines") as watch:
            watch("normalize", 412, 1266)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        end()
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("stopped after ")
    assert said.endswith(": 412 of 1,266 tasks of normalize are done; all that is done is kept")


def test_build_that_cannot_begin_leaves_no_log(params: BuildParams) -> None:
    def end() -> None:
        with watched(params, "lines"):
            raise DeliveryUnreadable("nothing there")

    with pytest.raises(DeliveryUnreadable):
        end()
    assert not Path(params.storage.root).exists()


def test_store_that_refuses_the_log_stops_no_build(
    params: BuildParams, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: object, key: str, _body: bytes) -> None:
        raise StorageError(f"{key} cannot be written")

    monkeypatch.setattr(DirectoryStore, "put", refuse)
    with watched(params, "lines") as watch:
        run(watch)
    assert capsys.readouterr().err.count("the log of this build is not kept") == 1


def test_log_of_a_long_build_stays_small(
    params: BuildParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    written: list[int] = []
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(DirectoryStore, "put", lambda _s, _k, body: written.append(len(body)))
    with watched(params, "json") as watch:
        monkeypatch.setattr(watch._view, "emit", lambda _event: None)
        for done in range(12_667):
            now[0] += 7.0  # a day
            watch("normalize", done, 12_666)
    assert len(written) < 600
    assert sum(written) < 100e6


@pytest.mark.parametrize(
    ("is_terminal", "environment", "is_live"),
    [
        (True, {"TERM": "xterm-256color"}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm", "HELIU_PROGRESS": "every"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_view_is_live_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch,
    is_terminal: bool,
    environment: dict[str, str],
    is_live: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(progress_module.sys.stderr, "isatty", lambda: is_terminal)
    made: list[Callable[[], Snapshot]] = []
    monkeypatch.setattr(
        "jobs.command.progress_view.LiveView", lambda _title, take: made.append(take)
    )
    progress_module._view("auto", "cci 1.0.0", running)
    assert bool(made) == is_live


PROGRAM = """
import sys, time
from jobs.command.progress_state import BuildProgress
from jobs.command.progress_view import LiveView
from jobs.flow.tasks.checkpoints import TaskCounts
state = BuildProgress({"normalize": 3.0, "merge": 1.0})
view = LiveView("cci 1.0.0", state.snapshot)
state.advance("normalize", 0, 3)
state.advance("normalize", 1, 3, [TaskCounts("国务院公报", 1234, 64_000_000, rejected=7)])
view.warn("heliu: 甲.txt is not read")
sys.stderr.write("a line of someone else\\n")
time.sleep(2.5)
view.close({}, "done in 3 s")
print("published")
"""


def test_view_on_a_terminal_stays_below_what_is_printed_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    seen = watch([sys.executable, "-c", PROGRAM], columns=80, until="1,234")
    above, view = seen.screens[0][:2], seen.screens[0][2:]
    assert above == ["heliu: 甲.txt is not read", "a line of someone else"]
    assert view[0].startswith("cci 1.0.0 ")
    assert view[1].endswith("25.0 %")
    assert view[-1].split() == ["国务院公报", "1,234", "64", "MB", "–", "–", "7"]
    assert seen.screens[-1] == [*above, "done in 3 s", "published"]
    assert b"\x1b[3" not in seen.written  # a colour
    assert seen.exit_code == 0


def test_unknown_form_is_refused(params: BuildParams) -> None:
    with pytest.raises(ConfigError, match="progress='bar': choose one of auto, lines, json"):
        watched(params, "bar")
