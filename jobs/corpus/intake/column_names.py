"""Names of columns: what partners call the text, its title, address, date, id and licence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from jobs.config_errors import nearest

NAMES = {
    "text": (
        *("text", "content", "contents", "body", "正文", "内容", "全文", "文本", "文章内容"),
        *("article", "article_text", "article_content", "fulltext", "full_text", "main_text"),
        *("maintext", "raw_content", "raw_text", "plain_text", "txt", "html", "message"),
    ),
    "title": (
        *("title", "headline", "标题", "題名", "题名", "题目", "標題", "名称", "subject"),
        *("article_title", "doc_title", "name"),
    ),
    "url": (
        *("url", "link", "href", "uri", "网址", "链接", "链接地址", "原文链接", "網址"),
        *("source_url", "page_url", "weburl", "web_url", "link_url"),
    ),
    "published": (
        *("published", "date", "发布日期", "发布时间", "日期", "时间", "成文日期", "發布日期"),
        *("published_at", "publish_date", "publish_time", "published_date", "publication_date"),
        *("pubdate", "pub_date", "pubtime", "pub_time", "posted_at", "datetime", "time"),
    ),
    "id": (
        *("id", "_id", "编号", "序号", "标识", "編號", "doc_id", "docid", "article_id"),
        *("document_id", "news_id", "record_id", "uid", "uuid", "guid"),
    ),
    "licence": (
        *("licence", "license", "许可协议", "许可证", "授权协议", "许可", "授權"),
        *("license_name", "license_id", "licence_id", "spdx", "spdx_id"),
    ),
}
"""What columns are often called, by what they are here; the likeliest first."""

ALTERNATIVE = "|"
"""Between names of which a mapping takes the first that is there: `content|正文`."""

_ALIKE = 0.8  # of difflib: `headlin` and `headline` have 0.93, `titel` and `title` 0.8


def spelling(name: str | None, names: Collection[str]) -> str | None:
    """Return which of the names that a mapping gives is there; None if none is.

    Args:
        name: as the partner's file has it, `content|正文` where either may be there.
        names: of the columns.
    """
    if name is None or name in names:
        return name
    return next((one for one in name.split(ALTERNATIVE) if one in names), None)


def likely_columns(names: Sequence[str]) -> dict[str, str]:
    """Return which of a partner's columns are called like ours: text, title, address, date, ….

    Args:
        names: of the partner's columns, nested ones dotted.

    Returns:
        The partner's name for each column of target that one is called like.
    """
    found: dict[str, str] = {}
    for target, known in NAMES.items():
        free = [name for name in names if name not in found.values()]
        spelt = {_bare(name): name for name in reversed(free)}  # the first of a name stays
        spelt |= {name.lower(): name for name in reversed(free)}  # a whole name before a last part
        called = next((spelt[name] for name in known if name in spelt), None)
        if called is not None:
            found[target] = called
    return found


def meant_column(given: str, names: Iterable[str], target: str = "") -> str | None:
    """Return the column that a wrong name probably means; None if none is like it.

    Args:
        given: the name in the partner's file.
        names: of the columns that are there and not mapped.
        target: what it is mapped to: a name often given to that is taken, too.
    """
    free = list(names)
    if near := misspelt_column(given, free):
        return near
    ends = {_bare(name): name for name in reversed(free)}
    if near := misspelt_column(_bare(given), ends):
        return ends[near]
    return likely_columns(free).get(target)


def misspelt_column(given: str, names: Iterable[str]) -> str | None:
    """Return the column whose whole name is so close that the given one is a slip, or None."""
    return nearest(given, names, _ALIKE)


def did_you_mean(given: str, names: Collection[str], target: str = "") -> str:
    """Return the end of a complaint about a column that is not there: a question, or a stop."""
    meant = meant_column(given, names, target)
    return "." if meant is None else f": did you mean {meant!r}?"


def _bare(name: str) -> str:
    return name.rpartition(".")[2].lower()
