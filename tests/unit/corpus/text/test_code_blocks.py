"""Blocks of code without fences: what of a text they are, and what repairs leave of them."""

from __future__ import annotations

import pytest

from jobs.corpus.repair.normalization import normalized
from jobs.corpus.text.code_blocks import code_blocks

PYTHON = "if x > 0:\n    y = 1\n\n\n    z = [1,  2]\nelse:\n    return    None"


def blocks(text: str) -> list[str]:
    return [text[start:end] for start, end in code_blocks(text)]


def test_lines_that_show_nothing_are_code_beside_lines_that_do() -> None:
    assert blocks(f"代码如下，请看：\n{PYTHON}\n运行即可。") == [PYTHON]


@pytest.mark.parametrize(
    "text",
    [
        "国务院办公厅关于做好工作的通知\n各省、自治区人民政府：",
        "If you can keep your head\nIf you can dream\nAnd if you can wait",
        "<p>第一段</p>\n<br>\n<p class='a'>第二段</p>",
        "1. 打开软件\n2. 点击“文件”",
        "",
        "\n\n",
    ],
)
def test_prose_verse_and_pages_are_no_code(text: str) -> None:
    assert blocks(text) == []


def test_blocks_are_found_in_a_text_of_many() -> None:
    text = "\n".join(f"第{n}段文字。\na = {n}\nb = f(a)" for n in range(40))
    assert blocks(text) == [f"a = {n}\nb = f(a)" for n in range(40)]


def test_repairs_leave_what_a_block_holds() -> None:
    component = 'const App = () => (\n  <div className="app">\n    <p>内容</p>\n  </div>\n);'
    strings = 'main :: IO ()\nmain = do\n  putStrLn "你好,世界"'
    for code in (PYTHON, component, strings):
        assert normalized(f"    {code}".lstrip()) == code
        assert normalized(f"说明,如下：\n{code}") == f"说明，如下：\n{code}"


def test_markup_of_an_equation_is_no_code() -> None:
    assert normalized("x<sup>2</sup>+y<sup>2</sup>=r<sup>2</sup>") == "x²+y²=r²"
