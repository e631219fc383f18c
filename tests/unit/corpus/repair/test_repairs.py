"""What each repair does, and what it must leave alone."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.corpus.repair.normalization import changes, normalized, repaired
from jobs.corpus.repair.repairs import NAMES, Repair, RepairParams, repair_names
from jobs.errors import ConfigError

PAGE = Path(__file__).parents[4] / "docs" / "repairs.md"

LAW = "中华人民共和国法律由全国人大制定"
MIRROR = "當(dāng)前人工智能融入經(jīng)濟(jì)發(fā)展各個(gè)領(lǐng)域"
WRAPPED = (
    "新华社南昌五月二十五日电正如行家预料观众期望的\n"
    "南昌国际女排邀请赛今晚日本对古巴之战是一场有看\n"
    "头的硬仗日本女排经过一小时四十分钟的激战以三比\n"
    "一击败了实力较强的古巴队。\n"
    "　　今晚，座无虚席。"
)
HANGING = (
    "一、当事人的姓名、住所和联系电话等资料，以及受处分人取得财产\n    的相关证据。\n"
    "二、受处分人在陈述意见的时候，能提出更有利于调查的重要事证的\n    ，不在此限。"
)


def repairs(text: str) -> list[str]:
    return repair_names(int(repaired(pa.array([text], pa.large_string())).repairs[0]))


def misread(text: str, written: str, read: str) -> str:
    return text.encode(written).decode(read)


EXAMPLES = [
    ("mojibake", misread(LAW, "utf-8", "gb18030"), LAW),
    ("mojibake", misread(LAW, "gb18030", "latin-1"), LAW),
    ("mojibake", misread(LAW, "utf-8", "latin-1"), LAW),
    ("mojibake", f"{LAW}。\n{misread(LAW, 'gb18030', 'cp1252')}", f"{LAW}。\n{LAW}"),
    ("line_ends", "第一条\r\n第二条\x85第三条", "第一条\n第二条\n第三条"),
    ("invisible", "中\u200b文\ufeff语\xad料", "中文语料"),
    ("markup", "原来燕青<br>李逵&middot;宋江", "原来燕青\n李逵·宋江"),
    ("wraps", WRAPPED, WRAPPED.replace("\n", "").replace("。　　", "。\n")),
    ("blanks", "　　第一条\n　第二条", "第一条\n第二条"),
    ("width", "至少保存２年，ＣＡＳ标章", "至少保存2年，CAS标章"),
    ("width", "１，０００，０００元", "1,000,000元"),
    ("width", "２００" + "，１００" * 20 + "元", "200" + "，100" * 20 + "元"),
    ("radicals", "⽇本⼈⺠，⻓江，\uf900", "日本人民，长江，豈"),
    ("composition", "cafe\u0301", "café"),
    ("pinyin", f"{MIRROR}。", "当前人工智能融入经济发展各个领域。"),
    (
        "pinyin",
        f"{MIRROR}有待提升?,F(xiàn)階段",
        "当前人工智能融入经济发展各个领域有待提升。现阶段",
    ),
    ("pinyin", f"{MIRROR}，l(fā)展科W(xué)", "当前人工智能融入经济发展各个领域，发展科学"),
    ("script", "中華民國國旗定為紅地，皇后頭髮", "中华民国国旗定为红地，皇后头发"),
    ("spaces", "中 华 人 民 共 和 国 宪 法", "中华人民共和国宪法"),
    ("spaces", "该规范称为异常筛选器 。", "该规范称为异常筛选器。"),
    ("punctuation", "近日,他说:好!(完)", "近日，他说：好！（完）"),
    (
        "punctuation",
        "人工智能(AI)训练,F1达到92.376%,同比",
        "人工智能（AI）训练，F1达到92.376%，同比",
    ),
    ("layout", "第一条  总则 \n\n\n\n第二条", "第一条 总则\n\n第二条"),
    (
        "mojibake",
        f"{misread(LAW, 'gb18030', 'latin-1')}\n\n{misread('支', 'gb18030', 'latin-1')}",
        f"{LAW}\n\n支",
    ),
    ("markup", "范围从-(2<sup>7</sup>)到2<SUP>7</SUP>-1，H<sub>2</sub>O", "范围从-(2⁷)到2⁷-1，H₂O"),
    (
        "script",
        "面臨著一些挑戰，接著穿著制服，卓著勳績的著作",
        "面临着一些挑战，接着穿着制服，卓著勋绩的著作",
    ),
    (
        "markup",
        "2<sup>n - 1</sup>，x<sub>i</sub>，2<sup>n/2</sup>，1<sup>st</sup>，注<sup>[1]</sup>",
        "2ⁿ⁻¹，xᵢ，2^(n/2)，1st，注[1]",
    ),
    (
        "markup",
        "<table>\n <tr>\n     <td>索引号：</td>\n     <td>000014349/2018</td>\n</table>",
        "索引号：\n000014349/2018",
    ),
    ("markup", "段落用 &lt;p&gt; 标签，还有 &lt;br&gt;。", "段落用 <p> 标签，还有 <br>。"),
    (
        "wraps",
        HANGING,
        HANGING.replace("\n    ", ""),
    ),
    ("width", "占１６．５％，２０２３－１１－２９", "占16.5％，2023-11-29"),
    ("spaces", "春 眠 不 觉 晓 ， 处 处 闻 啼 鸟 。", "春眠不觉晓，处处闻啼鸟。"),
    (
        "script",
        "女保安跟著送院，警員舉著槍，這標誌著結束；聊著聊著，仍著迷於音樂。他著有名著，見微知著。",
        "女保安跟着送院，警员举着枪，这标志着结束；聊着聊着，仍着迷于音乐。他著有名著，见微知著。",
    ),
    (
        "script",
        "藉公職與藉著聲名取利；一片狼藉，聊以慰藉。",
        "借公职与借着声名取利；一片狼藉，聊以慰藉。",
    ),
    (
        "script",
        "餅乾與葡萄乾；孫乾、徐乾學、李承乾，乾寧年間；沈醉、沈寂住在鄉下沈家村，船沈沒了。",
        "饼干与葡萄干；孙乾、徐乾学、李承乾，乾宁年间；沈醉、沈寂住在乡下沈家村，船沉没了。",
    ),
    ("script", "關於單位用於單一沈箱，答覆並假藉名義", "关于单位用于单一沉箱，答复并假借名义"),
    (
        "punctuation",
        "下载地址: https://a.cn/a,b",
        "下载地址：https://a.cn/a,b",
    ),
]


@pytest.mark.parametrize(("rule", "text", "expected"), EXAMPLES)
def test_repair_mends_its_defect_and_is_recorded(rule: str, text: str, expected: str) -> None:
    assert normalized(text) == expected
    assert rule in repairs(text)


def test_every_rule_has_an_example() -> None:
    assert {rule for rule, _, _ in EXAMPLES} == set(NAMES)


@pytest.mark.parametrize("rule", NAMES)
def test_repair_switched_off_leaves_its_defect(rule: str) -> None:
    wanted = RepairParams((rule,), 1.0).wanted
    for name, text, expected in EXAMPLES:
        if name == rule:
            bits = int(repaired(pa.array([text], pa.large_string()), wanted).repairs[0])
            assert normalized(text, wanted) != expected
            assert rule not in repair_names(bits)


@pytest.mark.parametrize(
    "text",
    [
        "乾县在陕西，於潜在浙江，乾隆著作等身，瞭望塔，魏徵",  # Simplified text has these too
        "重（chóng）庆的重读作chóng，不读zhòng",
        "圆周率是3.14159，约3.14；10:30开会，比分3:1，1,234,567元",
        "见https://www.gov.cn/a?b=中&c=d,e(f).html ",
        "他说：Hello, world! (It is 3.14.) 然后走了",
        "函数f(x)与print(a,b)；数组a[i]",
        "这是 `foo(中文,英文)` 的结果",
        "[条例](https://a.cn/条,例)全文",
        "Kubernetes 集群 (cluster) 中的节点",
        "---\n标题: 宪法\n作者: 全国人大\n---\n正文",
        "```python\nprint('你好,世界')  # 注释:说明\n```\n正文",
        "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡",
        "昔人已乘黄鹤去，此地空余黄鹤楼。\n黄鹤一去不复返，白云千载空悠悠。",
        "姓名 张三 李四\n年龄 20 30",
        "| 姓名 | 年龄 |\n| 张三 | 20 |",
        "特此公告。\n\n北京市人民政府\n2023年11月29日",
        "第一章 总则\n第一条 为了规范管理，制定本办法\n第二条 适用范围",
        "春 夏 秋 冬",
        "家庭👨\u200d👩\u200d👧与🏳️\u200d🌈",
        "été à l’été, Ñandú ÄÖÜ",
        "日本語の文章は東京で書かれた、無線と時間",
        "# 用語集\n\n| 英語 | 日本語 |\n| data structure | データ構造 |\n| time | 時間計算量 |",
        "大韓民國은 民主共和國이다. 大韓民國의 主權은 國民에게 있다.",
        "①㎡…㈱，“引”、《书》——～",
        "冻结期限自××××年××月××日起至××××年××月××日止，延续注册的×2××××3不变",
        "保加利亚语“умий ръцете”的意思是洗手。",
        "苏联：Союз Советских Социалистических Республик",
        "Москва — столица Российской Федерации, город федерального значения.",
        "上知令（平假名：じょうちれい、あげちれい），是指收回领地的命令。",
        "希腊字母表：αβγδεζηθικλμνξοπρστυφχψω；假名表：アイウエオカキクケコサシスセソ",
        "带重音的字母有ÀÁÂÃÄÅ、ÈÉÊË与ÙÚÛÜ，货币符号有¢£¤¥。",
        "怎么办？去问谁？他穿红裙子梳?头高大丰壮身材",  # ? for a character GBK does not have
        "首先(**创建一个数据集**)，再(~~绘制它~~)。",
        '| 缩放 | "true&#124;false" | 指示是否 |\n| &vert;= | 按位或 |',
    ],
)
def test_repairs_leave_good_text_alone(text: str) -> None:
    assert normalized(text) == text.strip()


def test_lines_of_verse_and_lists_of_one_width_are_not_joined() -> None:
    items = [f"{n}、各省自治区直辖市人民政府应当加强对本条例实施工作的领导" for n in "一二三四五"]
    for text in ("\n".join(items), "\n".join(["白日依山尽黄河入海流欲穷千里目"] * 6)):
        assert normalized(text) == text


def test_wrapped_line_that_ends_in_a_bracket_goes_on() -> None:
    lines = ["各省自治区直辖市人民政府应当加强对本条例实施工作之领"] * 3
    lines += [
        "导及省级住房公积金管理委员会（以下简称公积金管委会）",
        "是本市住房公积金管理的决策机构。",
    ]
    assert normalized("\n".join(lines)) == "".join(lines)


def test_english_lines_and_code_are_not_joined() -> None:
    text = "\n".join(["This line was broken at some width by an editor long"] * 5)
    assert normalized(text) == text


def test_private_use_characters_stay() -> None:
    assert normalized("生僻字\ue844在此") == "生僻字\ue844在此"


def test_what_was_lost_is_counted() -> None:
    found = repaired(pa.array(["锟斤拷锟斤拷\ufffd正文", "正文锟"], pa.large_string()))
    assert found.found.lost.tolist() == [7, 0]
    assert found.found.chars.tolist() == [9, 3]


def test_script_is_what_was_delivered() -> None:
    texts = ["中華民國國旗", "中华人民共和国", "中文", "裡面這個線索", "裏面這個綫索"]
    texts += ["為着這條線，特區政府強調", "日本語の國會議事堂は東京に在る"]
    found = repaired(pa.array(texts, pa.large_string()))
    assert found.script == ["hant", "hans", None, "hant", "hant-hk", "hant-hk", None]


@pytest.mark.parametrize("text", [text for _, text, _ in EXAMPLES])
def test_changes_lead_from_the_text_to_its_repair(text: str) -> None:
    steps = list(changes(text))
    assert steps[0][1] == text
    assert steps[-1][2] == normalized(text)
    assert {str(rule.name).lower() for rule, _, _ in steps} == set(repairs(text))


def test_a_rule_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="pinyn"):
        RepairParams(("pinyn",), 0.1)


def test_page_lists_every_rule_with_its_bit() -> None:
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(1 << int(bit), name) for bit, name in listed] == [
        (int(repair), name) for name, repair in NAMES.items()
    ]
    assert len(Repair) == len(NAMES)
