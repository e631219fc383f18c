import pytest

from jobs.command.columns import cells
from jobs.command.differences import differences
from jobs.command.explanations import report_duplicate


def test_differences_show_what_changed_and_where():
    before = "第一条 总则\r\n近日,他说:好\n第三条"
    after = "第一条 总则\n近日，他说：好\n第三条"
    found = list(differences(before, after))
    assert {line for line, _ in found} == {1}
    assert any("近日[-,-]{+，+}他说" in piece for _, piece in found)
    assert any("[-␍-]" in piece for _, piece in found)


def test_equal_texts_have_no_differences():
    assert list(differences("正文\n", "正文\n")) == []


@pytest.mark.timeout(20)
def test_large_duplicate_is_shown_from_its_first_difference(capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    same = "江上大雾，轮渡停航。\n" * 400_000
    change = "".join(f"第{number}号航班改在十点。" for number in range(2000))
    report_duplicate(f"{same}昨日{change}", f"{same}今日{change.replace('十', '九')}")
    head, *lines = capsys.readouterr().out.strip().splitlines()
    assert head.endswith("from line 400,001:")
    assert lines[0].startswith("昨日第0号航班改在十点。")
    assert "│ 今日第0号航班改在九点。" in lines[0]
    assert any(line.startswith("  line 400001: [-昨-]{+今+}日第0号航班") for line in lines)
    assert lines[-1].startswith("  and ")
    assert len(lines) <= 15
    assert all(cells(line) <= 80 for line in lines)


def test_equal_duplicate_says_so(capsys):
    report_duplicate("正文", "正文")
    assert "is the text that stayed: 2 characters" in capsys.readouterr().out
