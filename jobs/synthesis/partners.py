"""The three partners of the demo: what they deliver, from which sites, and their configuration."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from jobs.synthesis.documents import Author, article, news, notice

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Site:
    """A web site of a partner, and the lines that its pages begin and end with."""

    host: str
    header: str
    footer: str


@dataclass(frozen=True)
class Partner:
    """One partner of the demo.

    Attributes:
        name: The partner's name.
        stem: What its file names begin with.
        suffix: What its file names end with.
        format: `jsonl` or `parquet`.
        encoding: Of the lines.
        columns: Our name of a column to the partner's path of it.
        licence: Of all its documents.
        priority: 1 is preferred.
        author: The author of its documents.
        median_chars: Half of its documents are longer.
        sites: Where its documents are from.
        tier: Of these sites in a registry of sources.
    """

    name: str
    stem: str
    suffix: str
    format: str
    encoding: str
    columns: dict[str, str]
    licence: str
    priority: int
    author: Author
    median_chars: int
    sites: tuple[Site, ...]
    tier: str

    @property
    def framed_site(self) -> Site:
        """The site whose pages were delivered with their frame, each of them."""
        return self.sites[-1]

    @property
    def is_json_lines(self) -> bool:
        """Whether its files are lines of JSON."""
        return self.format == "jsonl"


def _office_site(host: str, owner: str, editor: str) -> Site:
    return Site(
        host,
        f"当前位置：首页 > {owner} > 政务公开 > 正文\n字号：大　中　小",
        f"责任编辑：{editor}\n分享至：微信　微博　打印本页　关闭窗口\n"
        f"主办单位：{owner}　网站地图　联系我们\n版权所有：{owner}，未经授权不得转载。",
    )


def _news_site(host: str, owner: str, editor: str) -> Site:
    return Site(
        host,
        f"{owner}首页 > 新闻频道 > 正文",
        f"（责任编辑：{editor}）\n分享到：微信 | 微博 | 空间\n扫一扫，在手机上阅读本文\n"
        f"免责声明：本文版权归{owner}所有，转载请注明出处。",
    )


def _paper_site(host: str, owner: str, editor: str) -> Site:
    return Site(
        host,
        f"{owner}数字报　版面导航　标题导航",
        f"【编辑：{editor}】\n上一篇　下一篇　返回目录　放大　缩小\n"
        f"本报所有自采新闻（含图片）独家授权{owner}数字报使用。",
    )


PARTNERS = (
    Partner(
        name="gov",
        stem="notices",
        suffix="jsonl.zst",
        format="jsonl",
        encoding="utf-8",
        columns={
            "id": "doc.id",
            "title": "doc.headline",
            "text": "doc.body",
            "url": "link",
            "published": "pubtime",
        },
        licence="CC-BY-4.0",
        priority=1,
        author=notice,
        median_chars=1200,
        sites=(
            _office_site("www.gov.example", "政务公开中心", "齐文远"),
            _office_site("water.gov.example", "河湖事务网", "蓝若水"),
            _office_site("fagui.gov.example", "法规汇编室", "严立新"),
            _office_site("xinqu.gov.example", "临湖新区管委会", "曲景行"),
        ),
        tier="prefecture",
    ),
    Partner(
        name="news",
        stem="news",
        suffix="parquet",
        format="parquet",
        encoding="utf-8",
        columns={
            "id": "uid",
            "title": "title",
            "text": "text",
            "url": "source_url",
            "published": "date",
        },
        licence="CC-BY-SA-4.0",
        priority=2,
        author=news,
        median_chars=1000,
        sites=(
            _news_site("www.yuanshan.example", "远山网", "洪舒"),
            _news_site("news.jiangsheng.example", "江声在线", "卓一鸣"),
            _news_site("chenzhong.example", "晨钟新闻", "宫晓燕"),
            _news_site("m.mingchuan.example", "明川资讯", "沙书瑶"),
            _news_site("city.yunfan.example", "云帆都市频道", "柏子涵"),
        ),
        tier="key_news_site",
    ),
    Partner(
        name="papers",
        stem="papers",
        suffix="jsonl.gz",
        format="jsonl",
        encoding="gb18030",
        columns={
            "id": "编号",
            "title": "标题",
            "text": "正文",
            "url": "网址",
            "published": "发布时间",
        },
        licence="CC-BY-NC-4.0",
        priority=3,
        author=article,
        median_chars=1600,
        sites=(
            _paper_site("epaper.bohai.example", "泊海日报", "鲁培元"),
            _paper_site("paper.qingchuan.example", "青川晚报", "盛望舒"),
            _paper_site("rb.yanzhou.example", "雁洲日报", "葛润泽"),
        ),
        tier="local_newspaper",
    ),
)


def write_conf(folder: Path, deliveries: Path) -> None:
    """One file of Hydra's group `partners` for each partner, with absolute patterns."""
    folder.mkdir(parents=True)
    for partner in PARTNERS:
        folder_pattern = glob.escape(str(deliveries.resolve() / partner.name))
        pattern = f"{folder_pattern}/*.{partner.suffix}"
        (folder / f"{partner.name}.yaml").write_text(_yaml(partner, pattern), "utf-8")


def write_registry(path: Path) -> None:
    """A registry of the sites of all partners, for `sources.registry`."""
    rows = [f"{site.host}\t{partner.tier}\n" for partner in PARTNERS for site in partner.sites]
    path.write_text("".join(["source\ttier\n", *rows]), encoding="utf-8")


def write_risk_keywords(path: Path) -> None:
    """Harmless words that documents have, as if they were risky, for `signals.risk_keywords`."""
    schools, waters = "校外培训机构 营养餐 校车 近视防控", "河道采砂 城市内涝 小水电 取水许可"
    words = {"教育": schools.split(), "水利": waters.split()}
    rows = [f"{category}\t{word}\n" for category, some in words.items() for word in some]
    path.write_text("".join(["category\tword\n", *rows]), encoding="utf-8")


def _yaml(partner: Partner, pattern: str) -> str:
    columns = "".join(
        f"    {column}: {_quoted(name)}\n" for column, name in partner.columns.items()
    )
    return (
        f"{partner.name}:\n"
        f"  deliveries: {_quoted(pattern)}\n"
        f"  format: {partner.format}\n"
        f"  encoding: {partner.encoding}\n"
        f"  columns:\n{columns}"
        f"  licence: {partner.licence}\n"
        f"  priority: {partner.priority}\n"
        f"  metadata:\n"
        f"    origin: synthetic\n"
        f"    sites: {len(partner.sites)}\n"
    )


def _quoted(text: str) -> str:
    """A JSON string, which is a YAML one too."""
    return orjson.dumps(text).decode()
