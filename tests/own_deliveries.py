"""Deliveries as partners make them, by code: drifted, in old encodings, of many kinds."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

CLAUSES = (
    "本市户籍人口的家庭可以申请公共租赁住房",
    "申请人应当提交身份证明和收入证明",
    "街道办事处在十五个工作日内完成初审",
    "初审结果在社区公示栏公示七日",
    "区住房保障部门负责复核并登记轮候",
    "轮候期间家庭情况发生变化的应当及时申报",
    "弄虚作假的取消资格并记入信用档案",
    "本办法由市住房和城乡建设局负责解释",
    "图书馆每周一闭馆，其余时间免费开放",
    "读者凭有效证件可以办理借书卡",
    "河道两岸新种植了三千株柳树和桃树",
    "博物馆新展出一批汉代的陶器与铜镜",
    "气象部门发布暴雨蓝色预警信号",
    "高速铁路全线铺轨工程顺利完成",
    "科研团队在高原湖泊采集了沉积物样本",
    "农业技术员走进田间指导春耕备耕",
)


def article(number: int) -> str:
    """A text of several paragraphs that resembles no other one."""
    rng = random.Random(number)
    paragraphs = [
        "，".join(f"{one}{rng.randrange(10**6)}" for one in rng.sample(CLAUSES, 5)) + "。"
        for _ in range(4)
    ]
    return "\n".join(paragraphs)


def title(number: int) -> str:
    return f"关于第{number}号事项的通知"


def write_gov(folder: Path, rows: int = 60) -> None:
    """jsonl.gz whose keys are renamed half way: content and headline become 正文 and 标题."""
    folder.mkdir(parents=True)
    for part in range(4):
        lines = []
        for number in range(part * rows, (part + 1) * rows):
            text, head = (
                ("content", "headline") if number < 2 * rows + rows // 2 else ("正文", "标题")
            )
            record = {
                "编号": f"G{number}",
                head: title(number),
                text: f"<p>{article(number)}</p>　 ",
                "link": f"https://www.gov.example/{number}.html",
                "date": f"2023年{number % 12 + 1}月{number % 28 + 1}日",
                "views": number,
            }
            lines.append(json.dumps(record, ensure_ascii=False))
        body = "\n".join(lines).encode()
        (folder / f"notices-{part}.jsonl.gz").write_bytes(gzip.compress(body))


def write_news(folder: Path, days: int = 3, each: int = 8) -> None:
    """GBK .txt and .html in folders by date, and a workbook beside them."""
    number = 10_000
    for day in range(1, days + 1):
        here = folder / f"2023-11-{day:02}"
        here.mkdir(parents=True)
        for _ in range(each):
            number += 1
            (here / f"{number}.txt").write_bytes(article(number).encode("gbk"))
            (here / f"{number + 5000}.html").write_bytes(page(number + 5000).encode("gbk"))
    (folder / "统计.xlsx").write_bytes(workbook())
    (folder / "README.pdf").write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")


def page(number: int) -> str:
    paragraphs = "".join(f"<p>{one}</p>" for one in article(number).splitlines())
    return (
        '<!DOCTYPE html><html><head><meta charset="gbk">'
        f"<title>{title(number)}</title></head><body><nav><a href='/'>首页</a></nav>"
        f"<article><h1>{title(number)}</h1>{paragraphs}</article></body></html>"
    )


def write_papers(folder: Path, rows: int = 80) -> None:
    """Parquet whose text is in a struct, and a zip of jsonl."""
    folder.mkdir(parents=True)
    numbers = range(20_000, 20_000 + rows)
    doc = [{"body": article(number), "title": title(number)} for number in numbers]
    table = pa.table(
        {
            "id": [f"P{number}" for number in numbers],
            "doc": doc,
            "year": [2000 + number % 20 for number in numbers],
        }
    )
    pq.write_table(table, folder / "papers.parquet")
    lines = [
        json.dumps({"id": f"Z{n}", "text": article(n), "title": title(n)}, ensure_ascii=False)
        for n in range(30_000, 30_000 + rows)
    ]
    with zipfile.ZipFile(folder / "旧稿.zip", "w") as archive:
        archive.writestr("2019/old.jsonl", "\n".join(lines))


def workbook() -> bytes:
    """The beginning of what a spreadsheet program saves."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return sink.getvalue()


def write_all(folder: Path) -> Path:
    """Three partners' deliveries below a folder."""
    write_gov(folder / "gov")
    write_news(folder / "news")
    write_papers(folder / "papers")
    return folder
