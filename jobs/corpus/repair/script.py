"""Script: Traditional Chinese becomes Simplified; Simplified text and other languages stay.

`detectors` decides from the whole text which it is; converting Simplified text would turn 乾县 into
干县. Han characters among kana or Hangul are Japanese or Korean, and stay. OpenCC decides
between characters by phrases. Of its dictionaries the plain one (t2s) serves
all variants: it knows 裡 and 裏, 線 and 綫. That for Taiwan (tw2s) is half as fast and, of 600
statutes, makes 卓着 and 着有功绩 of 卓著 and 著有功績. With vocabulary (tw2sp) it also turns 執行
into 运行 and 聯絡 into 联系, which are other words than the statute has.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import opencc
import pyarrow as pa

from jobs.corpus.repair.repairs import Repair
from jobs.corpus.repair.stretches import FOREIGN, is_foreign_line
from jobs.corpus.text.alphabets import HAN
from jobs.corpus.text.text_buffers import text_buffers

# What the other hardly writes: 為, 線, 裡 and 著 for the particle are printed in both.
_OF_TAIWAN = (
    "臺 汙 台灣 立法院 行政院 總統府 縣市 民進黨 國民黨 新台幣 計程車 捷運 健保 軟體 網路 警政 縣長"
    " 里長 鄉鎮市 內政部 檢方 偵辦 高中職 戶政 勞保 衛福部 直轄市"
)
_OF_HONG_KONG = (
    "裏 着 綫 羣 麪 牀 峯 衞 嘅 喺 咗 哋 冇 啲 嗰 嚟 咁 佢 嘢 港島 九龍 新界 港元 港鐵"
    " 特首 立法會 區議會 警員"
    " 送院 屋邨 公屋 屯門 元朗 旺角 灣仔 沙田 荃灣 觀塘 將軍澳 尖沙咀 劏房 樓市 政務司 財政司"
    " 律政司 廉署 消防處"
    " 事主 疑犯 揭發 食環署 康文署 醫管局 入稟 裁判法院 大埔 深水埗 港人 本港 公帑"
)
_TAIWAN, _HONG_KONG = (re.compile("|".join(w.split())) for w in (_OF_TAIWAN, _OF_HONG_KONG))

TRADITIONAL, TAIWAN, HONG_KONG, SIMPLIFIED, MIXED = "hant", "hant-tw", "hant-hk", "hans", "mixed"

_MIXED_SHARE = 0.1
_SHOWING_BYTES = 9000  # show from where a text is

# What t2s leaves as it is, because Simplified text has the character too, in other words: 著作,
# 於潜, 慰藉, 覆盖, 沈阳, 宫商角徵羽, 神祇. Read in 1,500 converted statutes, manuals and poems.
_VERBS = (
    "写接随本朝沿向凭为味带有看听说走靠对顺持拿想穿临望笑哭坐站躺睡骑抱背提挂插捧握扶拉牵推指盯守等伴陪围绕依倚照映迎逆冒顶忍含存活剩留藏放摆堆排列贴盖铺披戴系绑捆缠裹附黏沉沈执循闭睁"
    "张咬吃喝唱念读忙趁踏踩踢跪蹲立开关点燃烧漂流闪跳动转变努瞧乘取量道叫喊闹急尽簇拥面跟举聊跑飞爬游追赶飘浮摇晃抖嚼搂扛端装挤压按扯拖停瞪嗅藉借谈漫受待慌惊化撑谋寻找隔搀问歇押驮轮"
    "候敲逼搭养挨捏挣碰保驾夹掩哄抿骂携怀拦备催悬躲露觉仰抓助伸噙搁吊抢弯躬捶擦罩抹供攥劝掀侍侧揉盼揣拭捉感享承散蕴充洋孕期注视凝憧渴眷缭萦弥笼延坚秉恪遵衔叼捎揹驻护疼爱恨怕熬煮炖烤"
    "烘烫泡浸渗淌滴洒扬翻滚旋交织激荡涌沸腾响鸣唤呼喘叹哼嚷吼嚎啼泣咳胶改考验影呈展"
    "锁沾吸固胁瞄瞅捻托猜摸料拍瞒闲画挽管揪觑防偷碍担犯抬拈擎逢伏拄叉缚枕刺衬傍饿惦扳集舍绣扮搬拾垫弄纵冻"
    "闻擒舞扭遮扎数嵌捱垂晒竖蒙凑掐扇攀赖焚栽憋撅遭撇架皱督蘸睬串叠堵嫌触溜盘拱捞钩玩抵趴攒扒舔拽戳搜挥捡"
    "抑醒刮思因过做办卖住租载运送领打记当连冲低空引发续控导励斥育徊徨豫酿满溢烁耀仗撞帮吓唬叨咕磨量算议"
)
# The same of words of two characters, the second of which also ends names and titles.
_VERBAL = (
    "(?<=[产发滋丛]生著)|(?<=[存潜]在著)|(?<=标[志帜]著)|(?<=[象特]征著)|(?<=代表著)|(?<=[流宣]传著)"
    "|(?<=[还灯闪照]亮著)|(?<=[光红白黑铁板]著)(?=[脸脚身头膀屁眼])"
)
_BOOKISH = "立为以人者传问数一二三四五六七八九十"  # 著书立说, and 拿着书
_LEFT = (
    (
        "著",
        re.compile(
            f"著(?:(?:(?<=[{_VERBS}]著)|{_VERBAL})(?![名者述称录文《]|作(?!业)|书[{_BOOKISH}])"
            "|(?=[手眼重急落陆床装力想迷凉火色实慌魔墨笔边痕]|了[魔凉火慌急迷])"
            "|(?<=[胶附执沉衣穿]著)|(?<=高一著))"
        ),
        "着",
    ),
    ("於", re.compile("於(?<!樊於)(?![菟戏]|潜[县镇人]|陵[子仲])"), "于"),
    ("覆", re.compile("覆(?<=[答回批函]覆)"), "复"),
    ("藉", re.compile("藉(?<![狼慰蕴枕酝温践蹈藉草茵席]藉)(?![藉田甚地躏字])"), "借"),
    (
        "沈",
        re.compile(
            "沈(?=[没淀降箱]|默[地的不了，。]|[醉迷]于|[寂睡]了|浮于|思[著着良片]|重[地的]|积|闷)"
            "|沈(?<![、，。：；「（]沈)(?=[默重著着睡])"
            "|沈(?<=[浮深消阴低昏击凿下]沈)(?![家氏某姓])"
        ),
        "沉",
    ),
    ("徵", re.compile("徵(?<!魏徵)(?=[调收询求集召用兵税得信])"), "征"),
    ("祇", re.compile("祇(?<![神地]祇)(?![园洹树陀])"), "只"),
)

# In modern prose 著 behind any word is a particle, but for these words. Where 着 is more frequent,
# as in Hong Kong, the writer keeps them apart.
_PARTICLE = re.compile(
    rf"著(?<=[{HAN}]著)(?=[{HAN}])(?![作名者述称录书文有于成为论说史令籍其之撰])"
    "(?<![名原编专论译遗巨土合所新拙显卓昭撰较彰素夙久自共旧佳宏杰炳懋勋功绩大主参手已曾又尚]著)"
    "(?<![家士]著(?=的))"
    "|著(?<=[得不]著)(?=[，。；、！？])"
)
_MODERN = "的了是们这个"
_MODERN_SHARE = 0.01
_LEAST_PARTICLES = 1

# 乾 is dry, which Simplified text writes 干, and a name, which it does not; surnames that are words
# beside it (白乾, 包乾, 田乾) are left out. 沈 is a surname, and 沉 as Taiwan writes it.
_SURNAMES = (
    "李孫徐郭王張劉陳楊趙黃周吳朱林鄭羅宋謝韓馮董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈魏薛閻余潘戴鍾汪任姜譚廖鄒陸郝崔邱秦史顧侯邵孟"
    "龍錢尹黎賀龔康高"
)
_SURNAMES_OF_TWO = (
    "(?<=宇文乾)|(?<=歐陽乾)|(?<=司馬乾)|(?<=諸葛乾)|(?<=上官乾)|(?<=慕容乾)|(?<=夏侯乾)"
)
_DRY = (
    "淨燥旱枯涸裂糧杯脆燒煎炒咳癟笑澀冰貨果菜草柴電洗癬眼瘦嚎巴著着了掉爽固麵酪貝股親媽爹兒女娘爸渴熱癮等瞪得"
    "也又而"
)
_DRIED = "曬晒烘風擦晾吹烤抹揩榨瀝喝吸枯餅肉豆魚果菜筍口陰焙炒煮燒流變半未不太很萄蔔梅杏子葉舌唇"
# Each begins with its character, for which `re` searches fast.
_NAME = re.compile(
    rf"乾(?:(?<=[{_SURNAMES}]乾)|{_SURNAMES_OF_TWO})(?![{_DRY}])"
    rf"|乾(?<![{HAN}][{_SURNAMES}][{HAN}]乾)(?<=[{_SURNAMES}][{HAN}]乾)(?<![{_DRIED}]乾)(?=[，。、；：）」』\s]|\Z)"
    "|乾(?=[寧符德化封祐佑統亨興]|清[宮門殿])"
    rf"|藉(?=甚)|徵(?=羽|音[階律])|徵(?<=[{_SURNAMES}]徵)(?=[、，。；）」古言]|\Z)"
    "|沈(?<![片入於歸復般令人]沈)(?=[醉寂浮思])(?!醉[於在]|寂[了多已下]|浮[於了]|思[著着良片默了])"
)
_WORD = re.compile(rf"[{HAN}々ー・]*")
_REACH = 12
_WORD_BEFORE = re.compile(rf"[{HAN}々ー・]{{0,{_REACH}}}\Z")


def simplify(text: str) -> str:
    """Convert Traditional characters to Simplified, except in Japanese, Korean and names."""
    converted: str = _converter().convert(text)
    for character, pattern, instead in _LEFT:
        if character in converted:
            converted = pattern.sub(instead, converted)
    if "著" in converted and _writes_particles(text, converted):
        converted = _PARTICLE.sub("着", converted)
    kept = list(_kept(text))
    if not kept or len(converted) != len(text):
        return converted
    parts, position = [], 0
    for start, end in kept:
        parts += [converted[position:start], text[start:end]]
        position = max(position, end)
    return "".join([*parts, converted[position:]])


def _writes_particles(text: str, converted: str) -> bool:
    is_modern = sum(map(converted.count, _MODERN)) >= _MODERN_SHARE * len(converted)
    is_modern |= converted.count("着") - text.count("着") >= _LEAST_PARTICLES
    return is_modern and text.count("著") > text.count("着")


def _kept(text: str) -> Iterator[tuple[int, int]]:
    """Yield where names and words among kana and Hangul start and end, in order."""
    has_names = any(map(text.__contains__, "乾沈藉徵"))
    names = [name.span() for name in _NAME.finditer(text)] if has_names else []
    foreign = _foreign(text) if FOREIGN.search(text) else ()
    end = 0
    for start, after in sorted([*names, *foreign]):
        if after > end:
            yield max(start, end), after
            end = after


def _foreign(text: str) -> Iterator[tuple[int, int]]:
    """Yield whole lines that are not Chinese, and in others the words around kana or Hangul."""
    start = 0
    for line in text.split("\n"):
        if is_foreign_line(line):
            yield start, start + len(line)
        start += len(line) + 1
    yield from map(_reach, FOREIGN.finditer(text))


def _reach(foreign: re.Match[str]) -> tuple[int, int]:
    """Return the word around kana or Hangul: with the Han characters beside them, if few."""
    text, start, end = foreign.string, foreign.start(), foreign.end()
    behind = _WORD.match(text, end, end + _REACH)
    before = _WORD_BEFORE.search(text[max(start - _REACH, 0) : start])
    left, right = before.start() - before.end() if before else 0, behind.end() if behind else end
    return (start + left, right) if right - start - left <= _REACH + end - start else (start, end)


def variant(text: str) -> str:
    """Return the region of Traditional characters; `TRADITIONAL` if no word shows it."""
    taiwan, hong_kong = (len(words.findall(text)) for words in (_TAIWAN, _HONG_KONG))
    if taiwan == hong_kong:
        return TRADITIONAL
    return TAIWAN if taiwan > hong_kong else HONG_KONG


def scripts(
    texts: pa.Array,
    flagged: npt.NDArray[np.int64],
    traditional: npt.NDArray[np.int32],
    simplified: npt.NDArray[np.int32],
) -> list[str | None]:
    """Return the script of each text; None where its characters are of both, or it is null.

    Args:
        texts: strings.
        flagged: int64, the `Repair` bits that may apply to each text.
        traditional: int64, how many of its characters are Traditional only.
        simplified: likewise, Simplified only.
    """
    data, offsets, _ = text_buffers(texts)
    is_traditional = (flagged & int(Repair.SCRIPT)) != 0
    names: list[str | None] = [None] * len(texts)
    fewer, more = np.minimum(traditional, simplified), np.maximum(traditional, simplified)
    is_mixed = ~is_traditional & (fewer > _MIXED_SHARE * more)
    for row in np.flatnonzero(is_mixed):
        names[row] = MIXED
    for row in np.flatnonzero(~is_traditional & ~is_mixed & (simplified > traditional)):
        names[row] = SIMPLIFIED
    for row in np.flatnonzero(is_traditional):
        start, end = offsets[row], min(offsets[row + 1], offsets[row] + _SHOWING_BYTES)
        names[row] = variant(data[start:end].tobytes().decode("utf-8", "ignore"))
    return names


@functools.cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
