"""Kinds of lines: code, rows of fields and listings, which repairs must not change.

A line of a program is ASCII outside of its quotes and comments, and is recognised by its end, its
signs or its first word. A row holds fields, not a sentence. A listing is a line that announces
code. All rules use these functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from jobs.corpus.text.alphabets import HAN
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.utf8 import Bytes

# Lines without any of these are no code, which a regular expression says faster than a kernel.
_MAY_BE_CODE = re.compile(
    r"[=;{}\\<>\[]|[0-9A-Za-z_]\(|[\"']\s*:|^\s*(?:[#$%*@]|//|--|>>>)|──|^\s*[a-z]+ [a-z]|\$"
)
_FIRST_WORDS = re.compile(
    r"\s*(?:(?:import|from|package|using|namespace|include|require) [\w.*\"'<{]"
    r"|(?:def|class|func|fn|function|interface|struct|enum|impl|trait|module|sub|proc) [\w$]"
    r"|(?:public|private|protected|static|final|const|let|var|val|mut|void|int|char|float|double"
    r"|long|bool|string|auto|return|yield|await|throw|raise|new|del|delete|assert|echo|print)\b"
    r"(?=[ (;]).*[\w\"')\]};]\Z"
    r"|(?:if|for|while|switch|match|elif|with|try|else|except|finally|do|case|until|unless)\b"
    r".*(?:[{:]|\bthen|\bdo)\s*(?:(?:#|//).*)?\Z"
    r"|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|JOIN|GROUP BY|ORDER BY|VALUES)\b"
    r"|(?:sudo|npm|pip3?|apt|apt-get|yum|git|docker|kubectl|curl|wget|cd|ls|mkdir|chmod|make|go|cargo"
    r"|python3?|java|javac|node|yarn|brew|conda|ssh|scp|tar|export|source) [\w./~-]"
    r"|(?:\$|>>>|\.\.\.|#!|C:\\>|In \[\d+\]:) ?\S)"
)
_ROW = re.compile(r"[^\s,|]+(?:[ ,|]+|\t)[^\s,|]+(?:(?:[ ,|]+|\t)[^\s,|]+)+")
_SENTENCE = re.compile("[，。；？！]")
_NUMBER = re.compile(r"[0-9\uff10-\uff19]")
_KINDS = r"(?:标签|標籤|元素|标记|標記|tags?\b|elements?\b)(?![：:<]|\s*\Z)"
_TAG = r"<[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>\n]{0,80})?/?>"
_BARE_TAG = re.compile(_TAG)
_ANY_TAG = re.compile(
    rf"{_TAG}|</[A-Za-z][A-Za-z0-9]{{0,15}}>|<(?:\?xml|!--|!DOCTYPE)[^<>\n]{{0,100}}>"
)
_CLOSE = r"[”’」\"'）)]? ?"
_LISTED = re.compile(rf"{_CLOSE}(?:、|和|与|與|及|或) ?[“「‘'\"]?<[A-Za-z/]")
_NAMED = re.compile(
    rf"{_CLOSE}(?:{_KINDS}|(?<= )(?:用于|用於|用来|用來|表示|定义|定義|[是为為中里裡内會会应應]"
    r"|可以|必须|必須|没有|不能|只能))"
)
_WITHIN = re.compile(rf"(?:[{HAN}A-Za-z0-9、，,。；（(“「‘'\"：:]|\A|\n) ?\Z")
_SYNTAX = re.compile(r"(?:语法|語法|写法|寫法|格式|用法)(?:为|為|是)?[：:] ?\Z")
# A tag amid a sentence, set off by blanks as words of another script are, or by marks.
_AMID = re.compile(rf"[{HAN}，、：（“「] ?\Z")
_APART = re.compile(rf"[{HAN}，、：（“「] \Z")
_GOES_ON = re.compile(rf" [{HAN}]|[，、。；：？！）”」]|\s*\Z")
_ELEMENT = re.compile(rf"<([A-Za-z]\w{{0,15}})\b[^<>\n]{{0,80}}>[^<>\n]{{0,40}}</\1>(?= [{HAN}])")
_OF_PAGES = re.compile(r"</?(?:br|hr|font|center|span|o:p)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"X?HTML|DOCTYPE|XML|JSX|Vue|React|WXML|SVG|CSS|DOM|(?<![A-Za-z])RSS|Markdown|JavaScript|网页|網頁|浏览器"
    r"|瀏覽器|前端|小程序|标签|標籤|组件|元件"
)
# A component of one file: its template, and its program.
_COMPONENT = re.compile(r"^<(?:template|script|style)\b[^<>\n]*>\n", re.MULTILINE)
_NAMING = re.compile(r"(?:标签|標籤|元素|标记|標記|使用|tag) ?[“「‘'\"]?\Z")
_BOUNDED = re.compile(rf"[”’」\"'）)、，。；]| [{HAN}]")
_ANNOUNCED = re.compile(r"\n\s{0,20}<(?=[A-Za-z!?/])")
_LISTING = re.compile(
    r"(?:示例|例如|例子|举例|舉例|代码|代碼|程式碼|源码|原始碼|HTML|XML|JSX|Vue|CSS|Markdown|模板|标签"
    r"|標籤|标记|標記|语法|語法|写法|寫法|页面|頁面|片段|code|markup|example|snippet)"
    r"[^\n：:]{0,12}[：:][ \t\n]*\Z",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"(?<![A-Za-z0-9/\"'])&(?:amp;)*(?:lt|gt|amp);(?!/?[A-Za-z!])[”’」\"'）)]?"
    r" ?(?:表示|代表|实体|實體|转义|轉義)"
    r"|(?:实体|實體|转义|轉義|写成|寫成|写作|寫作|换成|換成) ?[“「‘'\"（(]?"
    r"&(?:lt|gt|amp);(?!/?[A-Za-z!])"
    r"|&\w{2,8}; ?(?:表示|代表|显示为|是|为)(?:一个|不换行|不间断)?"
    r"(?:空格|版权|小于|大于|和号|引号|注册|商标|乘号|度)"
    r"|(?:请写|请用|输入|写作|写成|写上|变成|变为|转为|转成|替换成|替换为)"
    r" ?&(?:lt|gt|amp|quot|nbsp);(?=[，。、；）”])"
)
_ANNOUNCEMENT, _MENTION_CHARS = 30, 10
_IN_CODE = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`\n]+`|<!--(?:[^<-]|<(?!!--)|-(?!->))*+(?=-->)"
    r"|<(script|style)\b(?:[^<]|<(?!/?(?:script|style)\b))*+(?=</\1)",
    re.DOTALL | re.IGNORECASE,
)
_EXAMPLE = re.compile(r"\n.*</|\A<(\w+)\b.*</\1>\Z")  # of several lines, and closed, or an element
REMAINS = re.compile(
    r"-->|</(?:script|style)|<(?:a|div|figure|font|iframe|img|p|script|span|style|table|tbody|td|tr)\b"
    r"[^<>]{0,200}\s(?:align|class|href|id|name|src|style|target|width)\s*=",
    re.IGNORECASE,
)
_LEAST_SIGNS = 2


def is_code(line: str) -> bool:
    """Whether `line` is a line of a program, of a shell or of a tree of files."""
    if not _MAY_BE_CODE.search(line):
        return False
    return has_code_signs(line) or bool(_FIRST_WORDS.match(line) and not _SENTENCE.search(line))


def has_code_signs(line: str) -> bool:
    """`is_code_line` of a string."""
    data = np.frombuffer(line.encode(), np.uint8)
    return bool(is_code_line(data, np.int64(0), np.int64(len(data))))


def is_row(line: str) -> bool:
    """Whether `line` is a row of three or more fields, with numbers among them."""
    return bool(_ROW.fullmatch(line.strip()) and _NUMBER.search(line)) and not _SENTENCE.search(
        line
    )


def taught_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans in which tags are content: a text about markup, or parts of a web page.

    Tags in Markdown code are no evidence: documents that have them may be full of other tags.
    """
    if "<template" in text and len(set(_COMPONENT.findall(text))) > 1:
        return [(0, len(text))]
    if next(_taught(text), None) is None and next(_announced(text), None) is None:
        return []
    bare = _IN_CODE.sub(lambda code: " " * len(code[0]), text)
    is_page = REMAINS.search(bare) is not None
    taught = [*_taught(bare, is_page=is_page)]
    is_other = REMAINS.search(bare.replace("-->", "")) is not None
    taught += [tag for tag in _taught(text, is_page=is_other) if tag[0].startswith("<!--")]
    spans = [_whole_lines(text, tag.span()) for tag in taught]
    blocks = [_whole_block(text, listing.end()) for listing in _announced(bare)]
    if not spans and not blocks:
        return []
    if not is_page:
        return [(0, len(text))]
    names = {tag[0].strip("</>").split()[0] for tag in taught} | {None}
    examples = [(span, _EXAMPLE.search(text[slice(*span)])) for span in blocks]
    return spans + [span for span, example in examples if example and example[1] in names]


def _taught(text: str, *, is_page: bool = False) -> Iterator[re.Match[str]]:
    """Yield the tags that a sentence names; amid remains of a page blanks show nothing."""
    is_subject = None
    for tag in _ANY_TAG.finditer(text):
        before = text[max(tag.start() - _MENTION_CHARS, 0) : tag.start()]
        if _is_named(text, tag, before) or _SYNTAX.search(before):
            yield tag
        elif not is_page and _is_amid(text, tag, before):
            if is_subject is None:
                is_subject = _SUBJECT.search(text) is not None
            if _is_word(text, tag, before, is_subject=is_subject):
                yield tag


def _is_amid(text: str, tag: re.Match[str], before: str) -> bool:
    """Whether a tag stands amid a sentence, or an element with its text does."""
    if not _AMID.search(before):
        return False
    is_element = _APART.search(before) and _ELEMENT.match(text, tag.start())
    return bool(_GOES_ON.match(text, tag.end()) or is_element)


def _is_word(text: str, tag: re.Match[str], before: str, *, is_subject: bool) -> bool:
    """Whether a tag amid a sentence is set off as a word is."""
    is_apart = _APART.search(before) is not None
    if is_subject:
        return is_apart or (tag[0][1] != "/" and text[tag.end() : tag.end() + 1] == " ")
    return is_apart and not _OF_PAGES.match(tag[0]) and bool(_BARE_TAG.fullmatch(tag[0]))


def _is_named(text: str, tag: re.Match[str], before: str) -> bool:
    end = tag.end()
    if not _BARE_TAG.fullmatch(tag[0]):
        return False
    return bool(
        _LISTED.match(text, end)
        or (_NAMED.match(text, end) and _WITHIN.search(before))
        or (_BOUNDED.match(text, end) and _NAMING.search(before))
    )


def _announced(text: str) -> Iterator[re.Match[str]]:
    for listing in _ANNOUNCED.finditer(text):
        before = text[max(listing.start() - _ANNOUNCEMENT, 0) : listing.start()].rstrip()
        if before.endswith(("：", ":")) and _LISTING.search(before):
            yield listing


def _whole_lines(text: str, span: tuple[int, int]) -> tuple[int, int]:
    end = text.find("\n", span[1])
    return text.rfind("\n", 0, span[0]) + 1, len(text) if end < 0 else end


def _whole_block(text: str, start: int) -> tuple[int, int]:
    """Return the span of lines from the one of `start` on to the next empty one."""
    end = text.find("\n\n", start)
    return text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end


def teaches_entities(text: str) -> bool:
    """Whether `text` explains how characters are escaped."""
    return "&" in text and _ENTITY.search(text) is not None


@kernel
def is_code_line(data: Bytes, start: np.int64, end: np.int64) -> bool:
    """Whether the bytes of one line are code, as the module defines it.

    Text in quotes and comments may be anything.

    Args:
        data: UTF-8 bytes of some text.
        start: first byte of the line.
        end: byte after its last one.
    """
    signs = 0
    quote = before = last = np.int64(0)
    i = end if start < end and data[start] == _BAR else start  # a bar begins a row of a table
    while i < end:
        byte = np.int64(data[i])
        if quote:
            i += int(byte == _ESCAPE)
            signs += int(byte == quote)
            quote = np.int64(0) if byte == quote else quote
        elif byte >= 0x80:
            width = _filler(data, i, end)
            if width <= 0:
                return width < 0
            i += width - 1
            byte = np.int64(0x20)
        elif _is_remark(data, i, end, before):
            break
        elif _SIGNS[byte] == _QUOTE and not _is_letter(before):
            quote = byte
        else:
            signs += _weight(byte, before)
        before = byte
        last = byte if byte > 0x20 else last
        i += 1
    if i < end and before == 0:
        return data[i] == _SLASH
    signs += int(last == _CLOSING or _SIGNS[last] == _QUOTE)
    return quote == 0 and (signs >= _LEAST_SIGNS or _SIGNS[last] == _END)


@kernel
def _is_remark(data: Bytes, i: np.int64, end: np.int64, before: np.int64) -> bool:
    """Whether a comment begins here: // or /* but in an address, or # or % apart from a word."""
    if data[i] in (_HASH, _PERCENT):
        return bool(before in (0, 0x20))
    is_slash = data[i] == _SLASH and before != _COLON and i + 1 < end
    return bool(is_slash and data[i + 1] in (_SLASH, _STAR))


@kernel
def _filler(data: Bytes, i: np.int64, end: np.int64) -> int:
    """Return the bytes of a no-break space or a stem of a file tree; -1 at a branch, else 0."""
    if data[i] == 0xC2:
        return 2 * int(i + 1 < end and data[i + 1] == 0xA0)
    is_box = i + 2 < end and data[i] == _BOX_LEAD and data[i + 1] == _BOX
    if not is_box:
        return 0
    if data[i + 2] == 0x82:  # │
        return 3
    is_corner, i = data[i + 2] in (0x94, 0x9C), i + 3  # └ ├
    start = i
    while i + 2 < end and data[i] == _BOX_LEAD and data[i + 1] == _BOX and data[i + 2] == 0x80:
        i += 3
    return -int(is_corner and i > start and i < end and data[i] == 0x20)  # a name, not ┼ or ┤


@kernel
def _weight(byte: np.int64, before: np.int64) -> int:
    """Return the weight of a character as evidence of code, given the one `before` it."""
    kind = _SIGNS[byte]
    if kind == _CALL:
        return int(_is_letter(before))
    if byte == _COLON:
        return 2 * int(_SIGNS[before] == _QUOTE or before == _COLON) if before else 0
    return int(kind)


@kernel
def _is_letter(byte: np.int64) -> bool:
    return bool(0x30 <= byte <= 0x39 or 0x41 <= (byte & 0xDF) <= 0x5A or byte == 0x5F)


_END, _CALL, _QUOTE = 2, 8, 9
_SIGNS = np.zeros(256, np.uint8)
_SIGNS[[ord(sign) for sign in "<>\\$@&*+_"]] = 1
_SIGNS[ord("=")] = 3
_SIGNS[[ord(sign) for sign in "{};"]] = _END
_SIGNS[[ord(sign) for sign in "(["]] = _CALL
_SIGNS[[ord(sign) for sign in "\"'`"]] = _QUOTE
_ESCAPE, _SLASH, _STAR, _COLON, _HASH, _PERCENT, _CLOSING, _BAR = map(ord, "\\/*:#%)|")
_BOX_LEAD, _BOX = 0xE2, 0x94
