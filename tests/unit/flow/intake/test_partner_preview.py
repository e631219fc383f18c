"""A preview shows what a delivery yields, and names what is wrong with a partner's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.flow.intake.delivery_samples import SampleLimits, spread
from jobs.flow.intake.partner_preview import PartnerPreview, preview
from jobs.storage.source_files import SourceFile
from tests.builds import build_parameters, write_partner
from tests.own_deliveries import article, page, title, write_news

TERMS = "licence: CC0-1.0\npriority: 1\n"
SAMPLE = SampleLimits(text_bytes=1 << 20, files=4)


def previewed(folder: Path, partner: str, *overrides: str) -> PartnerPreview:
    write_partner(folder / "conf", "gov", partner + TERMS)
    params = build_parameters(folder / "conf", folder / "r", "partners=[gov]", *overrides)
    return preview(params.partners[0], params, SAMPLE)


def write_lines(path: Path, *records: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in records))


def said(found: PartnerPreview) -> list[tuple[int, str]]:
    return [(one.exit_code, one.text) for one in found.mistakes]


def test_rows_are_those_that_the_reader_and_the_repairs_of_a_build_make(tmp_path: Path) -> None:
    records = [{"id": n, "text": f"<p>{article(n)}</p>", "title": title(n)} for n in range(30)]
    broken = ({"id": 97}, {"id": 98, "text": None}, {"id": 99, "text": "<p> </p>"})
    write_lines(tmp_path / "a" / "a.jsonl", *records, *broken)
    found = previewed(
        tmp_path, f"deliveries: {tmp_path}/a\nformat: jsonl\ncolumns: {{id: id}}\n", "rules=cci"
    )
    reasons = {one.reason: (one.stage, one.rows, one.examples[0].row) for one in found.rejects}
    assert reasons["missing_text"] == ("intake", 1, 31)
    assert reasons["null_text"] == ("intake", 1, 32)
    assert reasons["empty_text"] == ("normalize", 1, 33)
    assert (found.rows, found.rejected) == (33, 3)
    assert found.mistakes[-1].exit_code == 13
    (text, *_) = found.texts
    assert text.before.startswith("<p>")
    assert "<p>" not in text.after
    assert "markup" in {step.repair for step in text.steps}
    (layout, rest) = found.groups[0].layouts
    columns = {one.name: (one.mapped, one.hint) for one in layout.columns}
    assert columns == {"id": ("id", ""), "text": ("text", ""), "title": ("", "title")}
    assert (rest.text, rest.rows) == ("", 2)


@pytest.mark.parametrize(
    ("partner", "code", "cure"),
    [
        ("deliveries: $/a\nformat: jsonl\ncolumns: {text: 文本}", 12, "did you mean '正文'?"),
        ("deliveries: $/aa\nformat: jsonl\ncolumns: {text: 正文}", 10, "did you mean '$/a'?"),
        (
            "deliveries: $/a\nformat: csv\ncolumns: {text: 正文}",
            10,
            "Most begin as jsonl does: did you mean format: jsonl?",
        ),
        (
            "deliveries: $/a/*.jsonl\nformat: tsv\ncolumns: {text: 正文}",
            11,
            "files looked at begin as jsonl does: write format: jsonl",
        ),
        (
            "deliveries: $/a\nformat: jsonl\ncolumns: {text: 正文, title: titel}",
            41,
            "columns.title is 'titel', which no row has: did you mean 'title'?",
        ),
        (
            "deliveries: $/a\nformat: jsonl\ncolumns: {text: 正文}\nkeep: [vews]",
            41,
            "keep is 'vews', which no row has: did you mean 'views'?",
        ),
        (
            "deliveries: $/a\nformat: jsonl\ncolumns: {text: 正文}\nencoding: gb18030",
            0,
            "1 in utf-8 are: write encoding: auto",
        ),
        ("deliveries: $/p\nformat: jsonl\ncolumns: {text: html}", 0, "write html: true"),
        (
            "format: jsonl\ngroups:\n  old: {deliveries: $/a}\n  new: {deliveries: '$/**/a.jsonl'}",
            2,
            "let their patterns match different files",
        ),
    ],
)
def test_each_mistake_is_named_with_its_cure(
    tmp_path: Path, partner: str, code: int, cure: str
) -> None:
    records = [{"正文": article(n), "title": title(n), "views": n} for n in range(5)]
    write_lines(tmp_path / "a" / "a.jsonl", *records)
    write_lines(tmp_path / "p" / "p.jsonl", *({"html": page(n)} for n in range(5)))
    found = previewed(tmp_path, partner.replace("$", str(tmp_path)) + "\n")
    cure = cure.replace("$", str(tmp_path))
    assert [(one, text) for one, text in said(found) if one == code and cure in text], said(found)


def test_files_that_are_not_read_are_listed_with_the_reason(tmp_path: Path) -> None:
    write_news(tmp_path / "news", days=1, each=2)
    (tmp_path / "else").write_text("…")
    (tmp_path / "news" / "出去.txt").symlink_to(tmp_path / "else")
    found = previewed(
        tmp_path, f"deliveries: {tmp_path}/news/**/*.txt\nformat: text\non_bad_file: skip\n"
    )
    why = {one.example: one.why for one in found.kinds if one.group is None}
    assert "an Excel workbook (xlsx): save each sheet as CSV" in why["统计.xlsx"]
    assert "looks like html: give a group with format: html" in why["2023-11-01/15001.html"]
    assert "is a link to" in why["出去.txt"]
    read = [(one.suffix, one.files, one.group) for one in found.kinds if one.group is not None]
    assert read == [(".txt", 2, "")]
    assert found.groups[0].encodings == {"gb18030": 2}


def test_large_deliveries_are_looked_at_in_part(tmp_path: Path) -> None:
    for number in range(9):
        rows = ({"text": article(number), "id": n} for n in range(2000))
        write_lines(tmp_path / "a" / f"{number}.jsonl", *rows)
    (group,) = previewed(tmp_path, f"deliveries: {tmp_path}/a\nformat: jsonl\n").groups
    assert (group.files, group.looked_at, group.is_whole) == (9, 4, False)
    assert 4 * 100 < group.rows < 4 * 1000


def test_files_are_spread_evenly_and_empty_ones_left_out() -> None:
    files = [SourceFile(f"/{n}", f"{n}", n % 10, "") for n in range(100)]
    chosen = spread(files, 4)
    assert [file.name for file in chosen] == ["1", "33", "66", "99"]
    assert spread(files[:3], 4) == files[1:3]
