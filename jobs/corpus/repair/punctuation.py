"""Half-width punctuation among Chinese characters becomes full-width, as it is printed.

A mark belongs to the Chinese text if a Han character stands beside it. Marks inside numbers, Latin
text, addresses, paths, code and Markdown stay, and so does everything that has blanks around it:
`集群 (cluster)` is a house style, `3.14`, `10:30` and `Hello, world` are not Chinese. A quotation
mark or an ellipsis beside a mark is as Chinese as what stands beyond it.
"""

from __future__ import annotations

import re
from functools import partial

from jobs.corpus.repair.stretches import is_foreign_line
from jobs.corpus.text.alphabets import HAN
from jobs.corpus.text.line_kinds import is_code
from jobs.corpus.text.verbatim import apply_outside, data_blocks, program_blocks

_WIDE = dict(zip(",;:?!()", "，；：？！（）", strict=True))

# What is left alone inside a line: code, links and addresses of Markdown, addresses, tags and
# entities; lines of programs.
_KEPT = re.compile(
    r"`[^`]+`"
    r"|\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)"
    r"|\{\{.{0,200}?\}\}|\{#[^}]{0,200}\}"
    r"|<[A-Za-z/!][^<>]*>"
    rf"|(?:[A-Za-z][A-Za-z0-9+.-]{{1,9}}://|www\.)[!-~{HAN}]*[0-9A-Za-z/_=#&%~){HAN}-]"
    rf"|(?:magnet|mailto|thunder|ed2k|tel|sms|data|urn|geo):[!-~{HAN}]*"
    rf"|(?:\b[A-Za-z]:|\\\\[\w.]+|%\w+%|\bHKEY_\w+)\\"
    rf"(?:[^\s，。；：、！？“”《》]| (?=[^\n，。；：、！？“”《》\\]{{0,40}}\\))*"
    rf"|(?:^|(?<=\s)|(?<![A-Za-z])[A-Za-z]:)[.~]{{0,2}}/[!-~{HAN}]+/[!-~{HAN}]*[0-9A-Za-z/_){HAN}-]"
    r"|&\w+;"
    r"|@[\w-]{1,30} ?:"
)
_MAY_KEEP = re.compile(r"[`\]{<&@\\]|/|www\.")
_SCHEME = re.compile("(?:tel|sms|data|urn|geo|mailto|magnet):")
_PROGRAM = re.compile(
    rf"(?:[{{}}=\\]|//|[^{HAN}];)[ \t]*\Z|\A(?:    |\t)[ \t]*(?![{HAN}“‘《「（(*+0-9-])"
)
# What a program wrote about itself: times with seconds, levels, errors, versions of a file.
_LOG = re.compile(
    r"\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d[.,\]\s\d]*\s*[\[A-Z]"
    r"|\[\d\d:\d\d:\d\d(?:[.,]\d+)?\] |[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
    r"|[DEFIVW]\d{4} \d\d:\d\d:"
    r"|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b(?:\]|:| [\[\d(])"
    r"|(?:Caused by: |Exception in thread )?[\w.$\"]*(?:Error|Exception|Warning): "
    r"|(?:error|fatal|panic|warning): |(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40} "
)
# Works that are cited by kind, as the standard for references writes them.
_CITED = re.compile(r"\[(?:[MJDCNRSPAGZ]|EB|DB|CP)(?:/(?:OL|CD|MT|DK)|//)?\][.,/]?")
# A mark that ends a line or, but for a full stop, has something wide beside it.
_HALF_WIDE = re.compile(r"[,;:?!(.](?:(?=\n|\Z)|(?<!\.)(?:(?<=[^\x00-\x7f].)|(?= ?[^\x00-\x7f])))")
_BEHIND = f"{HAN}》」』】）\uff05"
_AFTER = f"{HAN}《「『【（"
# What stands before a mark at `.`, and what behind it: a Han character, or one in quotes.
_IS_BEHIND = f"(?:(?<=[{_BEHIND}].)|(?<=[{_BEHIND}。！？，…][”’].)|(?<=[{HAN}]….)|(?<=[{HAN}]…….))"
_IS_BEFORE = f"(?=[{_AFTER}]|[“‘][{_AFTER}])"
# :D, :P and :( are faces where nothing goes on behind them.
_NO_FACE = r"(?<![:;](?=[DPOpo(](?!\w)))"
# `:` and `?` may belong to addresses and codes that have been cut, so they need Han before.
_MARKS = (
    rf"[,;:]{_IS_BEHIND}{_NO_FACE}(?=[^\s!-/:-@\[-`{{-~]|[\"*(]|\Z)"
    rf"|[?!]{_IS_BEHIND}(?=[^\s!-/:-@\[-`{{-~，。、；：？！]|[\"*(]|\Z)"
    rf"|[,;](?<=[0-9A-Za-z%+].){_IS_BEFORE}"
    rf"|[,;](?<=[0-9A-Za-z][”’].)(?=[{HAN}])"
    rf"|!(?<=[0-9%+].){_IS_BEFORE}"  # Yahoo! is a name
    rf"|:(?<=[0-9A-Za-z].)(?=[{HAN}][^\n]{{8}})"  # what is longer than a setting's value
    rf"|[,;:] (?:(?<=[{_BEHIND}]. )|(?<=[{_BEHIND}。！？…][”’]. )){_IS_BEFORE}"
)
_MARK = re.compile(_MARKS)
_MARK_BUT_LOST = re.compile(rf"(?!\?)(?:{_MARKS})")
_AMID = re.compile(rf"\?(?=[{HAN}])")
_BEFORE_ADDRESS = re.compile(rf"(?<=[{_BEHIND}]): \Z")
# Books in Markdown mark what goes on a slide: (**…**) and (~~…~~).
_BRACKETS = re.compile(r"\((?!\*\*|~~)([^()\n]{1,200})\)")
# Of coordinates, intervals and arguments: (116.4,39.9), (x,y), (a,b].
_TUPLE = re.compile(
    r"[ ]?[-+±]?(?:\d[\d.]*|[A-Za-z]\w{0,2})(?:,[ ]?[-+±]?(?:\d[\d.]*|[A-Za-z]\w{0,2}|…|\.{3}))+"
)
_FILE_END = re.compile(r"\.(?:[a-z]{2,4}|[A-Z]{3,4}|mp[34]|7z)(?![0-9A-Za-z])")
_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(f"[{HAN}0-9A-Za-z]")
_HAN_AT_END = re.compile(f"[{_BEHIND}…][”’]?\\Z")
_FULL_STOP = re.compile(rf"(?<=[{HAN}][”》）{HAN}])\.(?=[”’」』]?(?:\n|\Z))")


def widen_punctuation(text: str) -> str:
    """Widen the punctuation of the Chinese parts of a text, and none in code and data."""
    # Where questions end in ？, a ? amid a line is what an old encoding made of a character.
    lost = len(_AMID.findall(text)) if "？" in text else 0
    mark = _MARK_BUT_LOST if 0 < lost < text.count("？") else _MARK
    widened = partial(_widened_lines, mark=mark)
    if widened(text) == text:
        return text
    return apply_outside(text, [*program_blocks(text), *data_blocks(text)], widened)


def _widened_lines(text: str, mark: re.Pattern[str]) -> str:
    parts: list[str] = []
    done = 0
    while found := _HALF_WIDE.search(text, done):
        start = text.rfind("\n", done, found.start()) + 1 or done
        end = text.find("\n", found.start())
        end = len(text) if end < 0 else end
        parts += [text[done:start], _widened_line(text[start:end], mark)]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _widened_line(line: str, mark: re.Pattern[str]) -> str:
    if _PROGRAM.search(line):
        return line
    is_kept = _MAY_KEEP.search(line) or (":" in line and _SCHEME.search(line))
    after = _widened_around(line, mark) if is_kept else _widened(line, mark)
    return line if after != line and _is_other(line) else after


def _is_other(line: str) -> bool:
    """Whether a line is of a program, of a log or of references, or of another language."""
    return bool(is_code(line) or _LOG.match(line) or _CITED.search(line)) or is_foreign_line(line)


def _widened_around(line: str, mark: re.Pattern[str]) -> str:
    """Widen the marks of a line, except in what is kept."""
    parts: list[str] = []
    position = 0
    for kept in _KEPT.finditer(line):
        part = _widened(line[position : kept.start()], mark)
        is_address = kept[0].startswith("http")
        parts += [_BEFORE_ADDRESS.sub("：", part) if is_address else part, kept[0]]
        position = kept.end()
    return "".join([*parts, _widened(line[position:], mark)])


def _widened(part: str, mark: re.Pattern[str]) -> str:
    if "(" in part:
        part = _BRACKETS.sub(_bracketed, part)
    part = mark.sub(lambda found: _WIDE[found[0][0]], part)
    return _FULL_STOP.sub("。", part) if part.endswith((".", ".”", ".’", ".」", ".』")) else part


def _bracketed(pair: re.Match[str]) -> str:
    """Widen a pair of brackets if Han text surrounds or fills it without a blank between."""
    text, start, end = pair.string, pair.start(), pair.end()
    inner = pair[1]
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    is_apart = before == " " or after == " " or inner[0] == " "
    is_linked = before in ("]", "!", "^", "$", "\\") and before != ""
    is_linked = is_linked or bool(_FILE_END.match(text, end))
    is_within = bool(_HAN_AT_END.search(text[max(start - 2, 0) : start]))
    is_filled = bool(_HAN.search(inner)) and not before.isascii()
    is_filled = is_filled or (bool(_HAN.match(inner)) and bool(_HAN.search(inner[-1])))
    is_linked = is_linked or bool(_TUPLE.fullmatch(inner))
    if not _WORD.search(inner) or is_apart or is_linked or not (is_within or is_filled):
        return pair[0]
    return f"（{inner}）"
