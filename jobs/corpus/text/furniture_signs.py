"""Furniture signs: what shows that a line belongs to a page and not to its text.

That many pages of a site share a line is no evidence: judgments share their court and their
holding, notices the office that signs them. A line that goes says itself what it is for: rights,
editors, navigation, sharing, the page's own address. Labels of contacts, bare addresses, dates and
short words are signs only beside such a line.
"""

from __future__ import annotations

import functools
import re
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from jobs.corpus.text.canonical import FoldingTable, folding_table

_LONGEST = 200  # characters; a longer line is text
_SHORT = 24
_DIGITS_END = 0x20000  # above it there are none

_EDITORS = "责任编辑|责任编审|责编|编辑|编审|初审|复审|终审|审核|审校|校对|监制"
_META = (
    f"{_EDITORS}"
    "|信息来源|文章来源|新闻来源|稿件来源|稿源|发布时间|发布日期|发文时间|发稿时间|上传时间"
    "|更新时间|更新日期|最后更新|最近更新|最后修订|字体|字号|浏览次数|浏览量|浏览人次|阅读次数"
    "|阅读量|阅读人次|访问人次"
    "|点击数|点击量|点击次数|访问量|版权声明|免责声明|郑重声明|特别声明|原标题|上一篇|下一篇"
    "|上一条|下一条|上一页|下一页|上一章|下一章|阅读下一篇|分享|分享到|分享至|转发到|扫一扫"
    "|扫码|原始网址|原始网页|原始链接|原始连结|原始出处|原文网址|原文链接|原文连结|原文地址"
    "|原网址|本文链接|本文连结|本文网址|本文地址|文章链接|文章连结|文章网址|文章地址|本页网址"
    "|本页地址|网页地址|固定链接|永久链接|网址|链接|连结|当前位置|您的位置|您现在的位置"
    "|你的位置|所在位置|当前所在位置|相关阅读|相关新闻|相关链接|相关报道|相关文章|相关推荐"
    "|延伸阅读|推荐阅读|网站标识码|备案号|新闻热线|举报电话|违法和不良信息举报电话"
)
_COMMAND = (
    "分享|转发|打印|打印本页|打印本文|打印文章|关闭|关闭窗口|关闭本页|关闭页面|返回首页"
    "|返回顶部|返回列表|返回目录|返回上页|返回上一页|回到顶部|回到首页|扫一扫|扫码|二维码"
    "|收藏|收藏本文|点赞|举报|纠错|我要纠错|登录|注册|首页|主页|网站首页|设为首页|加入收藏"
    "|联系我们|关于我们|网站地图|友情链接|阅读原文|查看原文|阅读全文|展开全文|查看更多|更多"
    "|相关阅读|相关新闻|相关链接|相关报道|相关文章|相关推荐|延伸阅读|推荐阅读|热门推荐"
    "|热点推荐|热门文章|热门新闻|热点新闻|热点排行|猜你喜欢|为您推荐|为你推荐|精彩推荐"
    "|编辑推荐|你可能会喜欢|你可能喜欢|您可能感兴趣|你可能感兴趣|大家都在看|大家还在看"
    "|点击排行|阅读排行|我要评论|发表评论|网友评论|上一篇|下一篇|上一页|下一页|字体大小"
    "|隐私政策|用户协议|法律声明|版权声明|免责声明|手机版|电脑版|原始网址|原始链接|原文链接"
    "|原文连结|原文网址|本文链接"
)
_CONTACT = (
    "电话|联系电话|传真|邮箱|电子邮箱|电子邮件|电邮|地址|联系地址|邮编|邮政编码|联系人"
    "|联系方式|e-?mail|qq|微信|微博|来源|作者|撰稿|撰文|摄影|供稿|通讯员|日期|时间|关键词"
    "|标签|主办|主办单位|承办|承办单位|技术支持|客服|热线|服务热线|咨询|投诉|监督"
    "|contact[a-z ]{0,20}"
)
_ADDRESS = r"(?:https?://|www\.)[!-~]+"
_RIGHTS = re.compile(
    r"版权所有|©|\bcopyright|all rights reserved|powered by|icp ?[备证]|网安备|增值电信业务"
    r"|网络文化经营|信息网络传播视听|互联网新闻信息服务|知识共享|creative commons"
    r"|版权[^。]{0,6}[归属][^。]{0,20}(?:所有|[网社站])"
    r"|未经[^。]{0,20}(?:授权|许可|同意|允许)[^。]{0,16}(?:转载|复制|使用|转贴|摘编|镜像|引用)"
    r"|(?:授权|许可|同意|允许)[^。]{0,8}(?:不得|请勿|禁止|严禁)[^。]{0,8}转载"
    r"|(?:请勿|严禁|禁止|谢绝|如需|欢迎)[^。]{0,8}转载"
    r"|转载[^。]{0,16}(?:注明|出处|联系|授权|许可)"
    r"|(?:本网|本站|本平台|本公众号|本文)[^。]{0,24}(?:版权|立场|转载|无关|侵权|投资建议)"
    r"|(?:本报|本刊|本台|本社)[^。]{0,12}(?:新闻|稿件|作品|内容)[^。]{0,12}(?:授权|版权|转载)"
    r"|不构成[^。]{0,8}投资建议|仅代表作者[^。]{0,4}观点"
)
_CALLS = re.compile(
    r"扫一扫[^。，]{0,16}\Z|(?:扫描?|长按|识别)[^。]{0,10}(?:二维码|扫码)|扫码[^。]{0,4}(?:阅读|关注|下载|查看|分享)"
    r"|(?:版面|标题|网站|栏目)导航"
    r"|关注[^。]{0,14}(?:公众号|微信|微博|官微|头条号)|(?:当前|您的|你的|您现在的)位置"
    r"|(?:下载|打开|安装)[^。]{0,12}(?:客户端|\bapp\b)"
    r"|点[击选][^。]{0,12}(?:阅读|关注|订阅|返回|进入专题)"
)
# Words that are commands and words as well must not be tried both ways: of a line of many that
# would take exponential time.
_BETWEEN = r"[ |/·:、,>»\u203a\[\]]"
_WORD_ENDS = rf"(?={_BETWEEN}|\Z)"
_BEGINNING = re.compile(
    rf"(?:{_META})(?:\([^()]{{0,12}}\))? ?:.{{0,120}}|(?:{_EDITORS})(?: [^ ]{{2,4}})+"
    rf"|(?>(?:{_COMMAND}){_WORD_ENDS})(?:{_BETWEEN}++(?>(?:{_COMMAND}|\w{{1,6}}){_WORD_ENDS}))*+"
    rf"|(?:分享|转发)[到至].{{0,{_SHORT}}}"
    rf"|(?:原文|出处|转自|来自|来源|via|source|url)[^:]{{0,4}}:.{{0,12}}{_ADDRESS}.{{0,120}}"
    r"|来源:.{1,30}\d{4}[-年/.]\d.{0,60}|\d{4}[-年/.]\d.{0,20}来源:.{0,60}"
    r"|\d{4}[-年/.]\d{1,2}[-月/.]\d{1,2}日? ?\d{1,2}:\d\d(?::\d\d)?.{0,30}"
)
_BESIDE = re.compile(
    rf"(?:{_CONTACT})[^:]{{0,4}}:.{{0,120}}|\W*{_ADDRESS}|[!-~]+@[!-~]+|\[?[!-~]*\]?\([!-~]+"
    r"|(?:今天是)?[\d年月日时分秒:/. 星期周一二三四五六()-]{6,40}|\w{1,4}"
)
_MENU = re.compile(
    r"[^|>»\u203a]{1,12}+ ?(?:[|>»\u203a] ?[^|>»\u203a]{1,20}+ ?){2,}+|[^ ]{1,6}(?: [^ ]{1,6}){3,}"
)
_HOME = re.compile(r"首页|主页|\bhome\b")
_SENTENCE = re.compile(r"[。！？!?；;…][”’」』）)\]】\"'*_ ]*\Z")
_LINK = re.compile(r"\[([^\[\]]{1,40})\]\([!-'*-~]{1,400}\)")  # its address says nothing
# Two characters of every line of furniture: of an alternative of the patterns above those that are
# rarest in text. Digits count as 0. Lines that begin with _META or _COMMAND need not be here.
_HINTS = (
    "© | > 版权 yr ht ow cp 网安 增值 化经 播视 闻信 识共 mm 未经 转载 授权 立场 无关 侵权 资建"
    " 仅代 二维 扫码 扫一 面导 题导 站导 目导 关注 位置 客户 pp 点击 点选 来源 ww 0: 首页 主页 om"
)
_BRACKETS = " \t*_#>•·■▲►-—()[]<>【】〖〗「」|~"


class Sign(IntEnum):
    """What a line shows.

    It may be text, a sentence even; or furniture where furniture stands beside it; or furniture;
    and that speaks of rights.
    """

    SENTENCE = 0
    TEXT = 1
    BESIDE = 2
    FURNITURE = 3
    RIGHTS = 4


def sign_of(line: str) -> Sign:
    """Return what a line shows; a sentence is furniture only if it speaks of rights or the page."""
    bare = _LINK.sub(r"\1", line).translate(_folding()).strip(_BRACKETS)
    if len(bare) > _LONGEST:
        return Sign.SENTENCE
    if _RIGHTS.search(bare):
        return Sign.RIGHTS
    if _CALLS.search(bare):
        return Sign.FURNITURE
    is_menu = _MENU.fullmatch(bare) and (_HOME.search(bare) or "|" in bare or ">" in bare)
    is_furniture = _BEGINNING.fullmatch(bare) or (is_menu and not line.startswith("|"))
    if is_furniture and not bare.endswith(("。", "；")):  # but titles ask and call
        return Sign.FURNITURE
    if _SENTENCE.search(bare):
        return Sign.SENTENCE
    return Sign.BESIDE if _BESIDE.fullmatch(bare) else Sign.TEXT


class Hints(NamedTuple):
    """Signs and pairs of signs (`sign_table`), of which every line of furniture has one.

    Attributes:
        anywhere: In the line.
        first: Where it begins.
        before: Signs that may stand before that.
    """

    anywhere: frozenset[str]
    first: frozenset[str]
    before: frozenset[str]


def furniture_hints() -> Hints:
    """Return what lines of furniture are recognized by before the patterns are tried."""
    first = frozenset(word[:2] for word in f"{_META}|{_COMMAND}".split("|"))
    return Hints(frozenset(_HINTS.split()), first, frozenset(_BRACKETS))


@functools.cache
def sign_table() -> FoldingTable:
    """Return what each code point counts as in hints: folded, a digit as 0; (0x110000,) uint32."""
    table = np.arange(len(folding_table()), dtype=np.uint32)
    for point, folded in _folding().items():
        table[point] = folded
    is_digit = [chr(point).isdecimal() for point in range(_DIGITS_END)]
    table[:_DIGITS_END][is_digit] = ord("0")
    return table


@functools.cache
def _folding() -> dict[int, int]:
    """Return letters that are folded, and full-width signs, with what they become."""
    table = folding_table()
    changed = np.flatnonzero((table != 0) & (table != np.arange(len(table))))
    folded = dict(zip(changed.tolist(), table[changed].tolist(), strict=True))
    return folded | {
        ord(wide): ord(sign)
        for wide, sign in zip("：（）\uff3b\uff3d【】｜\uff0f\u3000", ":()[][]|/ ", strict=True)
    }
