"""Sentence patterns: a word in braces is a slot, filled from the list of that name.

A fixed run inside a pattern stays short and every list is long, so that two documents share
hardly any run of five characters unless one is a copy of the other.
"""

from __future__ import annotations

MACROS: dict[str, tuple[str, ...]] = {
    "topic": ("{noun}{act}", "{scope}{noun}{act}", "{noun}{act}{aspect}", "{noun}与{noun}{act}"),
    "deed": (
        "{verb}{topic}",
        "{adverb}{verb}{topic}",
        "{verb}{noun}{act}和{noun}{act}",
        "{adverb}{verb}{topic}、{verb}{noun}{aspect}",
    ),
    "result": (
        "{noun}{aspect}{state}",
        "{noun}{act}{aspect}{state}",
        "{scope}{noun}{aspect}{state}",
        "{noun}和{noun}{act}{state}",
    ),
    "person": ("{surname}{given}",),
    "city": ("{head}{citytail}",),
    "town": ("{head}{towntail}",),
    "day": ("{month}{date}",),
    "official": ("{office}{role}{person}", "{city}{office}{role}{person}", "{town}{role}{person}"),
}
"""Slots that stand for several: each use is replaced by one of the alternatives."""

SHARED = (
    "{period}，{local}{deed}，{result}。",
    "{local}把{topic}列入{year}{aspect}{aspect}，{deed}，{result}。",
    "截至{day}，{figure}，{figure}，{result}。",
    "{period}，{local}{figure}，完成投资{sum}，比上一年度增加{pct}。",
    "在{town}，{topic}{state}，{figure}。",
    "{year}，{local}安排{sum}用于{topic}，次年又追加{sum}，{result}。",
    "围绕{topic}，{local}{deed}，{deed}，{result}。",
    "其中，{noun}{aspect}占{pct}，{noun}{aspect}占{pct}，{result}。",
    "与{year}相比，{topic}支出由{sum}调整为{sum}，{figure}。",
    "{scope}{noun}由{office}牵头，{noun}由{office}负责，{deed}。",
    "{city}{deed}的做法，{period}被{local}借鉴，{result}。",
    "{share}的{local}已{deed}，其余将在{day}前{verb}到位。",
    "对{topic}中{aspect}不清、{aspect}不实的，{local}{adverb}{verb}。",
    "{deed}，关键在{aspect}，难点在{aspect}，{result}。",
    "{period}的数据显示，{noun}{aspect}上升{pct}，{noun}{aspect}回落{pct}。",
    "{scene}的{topic}由{town}承担，{figure}，{state}。",
    "{local}还{verb}了{topic}{aspect}，使{result}。",
    "{office}与{office}{adverb}{verb}{aspect}，{deed}。",
    "{town}、{town}和{town}先后{deed}，{result}。",
    "按照{year}{verb}的{aspect}，{topic}应在{day}前{state}。",
    "不少{scene}{adverb}{verb}{topic}，{figure}。",
    "从{day}起，{local}对{scene}{deed}，每{count}处{noun}明确一名{role}。",
    "{topic}涉及{count}个{aspect}，{local}{deed}，{result}。",
    "{noun}{aspect}如何，要看{noun}{act}是否{trait}、{noun}是否{trait}。",
    "新增的{sum}中，{share}投向{scope}{noun}，其余用于{topic}。",
)

NOTICES = (
    "各级{office}要{deed}，{deed}，确保{result}。",
    "{local}应当于{day}前将{topic}{aspect}报{office}，逾期不再受理。",
    "{deed}，{deed}；对{noun}{aspect}，{adverb}{verb}。",
    "{office}负责{topic}，{office}负责{noun}{aspect}，{local}配合{verb}。",
    "凡{noun}{aspect}未达到{pct}的，由{local}{adverb}{verb}，并在{count}日内整改。",
    "申请{topic}的单位，须提交{noun}{aspect}、{noun}{aspect}和{aspect}说明。",
    "{month}底前，{figure}；{year}底前，{figure}，{result}。",
    "财政{adverb}安排{sum}，{verb}{topic}，不得挪作{noun}{act}。",
    "要{verb}{noun}{aspect}和{noun}{aspect}，做到{aspect}{trait}、{aspect}{trait}。",
    "对{verb}{topic}不力、{result}的{local}，予以{adverb}{verb}。",
    "{scope}{noun}{act}按{pct}的比例{adverb}{verb}，{sum}以上的须报{office}。",
    "联系人：{person}，{office}，地址在{town}{scene}。",
    "{local}每季度末向{office}报送{topic}{aspect}，{deed}。",
    "鼓励{local}{deed}，对{result}的给予{sum}奖补。",
    "现场核查在{day}至{day}进行，重点是{topic}、{noun}{aspect}。",
    "{verb}{scene}{topic}，落实{role}责任，{adverb}{verb}{noun}{aspect}。",
    "本项所称{topic}，是指{local}{verb}{noun}、{verb}{noun}并{verb}{aspect}的活动。",
    "经{office}、{office}会审，{town}{topic}核定为{count}项，投资{sum}。",
    "{noun}{act}与{noun}{act}同步{verb}，{adverb}{verb}{aspect}和{aspect}。",
    "有下列情形之一的，不予{verb}：{noun}{aspect}{state}；{noun}{aspect}{state}。",
)

NEWS = (
    "“{deed}，{result}。”{official}{saying}。",
    "{official}{saying}，{period}{figure}，{result}。",
    "记者{day}从{city}{office}获悉，{local}{deed}。",
    "{day}上午，{scene}里，{role}{person}正在{verb}{topic}，{figure}。",
    "“以前{noun}{aspect}{state}，现在{noun}{trait}。”家住{town}的{person}{saying}。",
    "据{office}统计，{period}{figure}，同比增长{pct}。",
    "{city}{day}启动{topic}，计划投资{sum}，{figure}。",
    "下一步，{local}将{deed}，力争{year}{figure}。",
    "此次{topic}覆盖{count}个{scene}，{share}位于{scope}地区。",
    "{person}{saying}：“{topic}要{trait}，更要{trait}。”",
    "活动现场，{count}名{role}参加{topic}，签约金额{sum}。",
    "受{noun}{aspect}影响，{town}{noun}{act}一度{state}，{local}{adverb}{verb}。",
    "{day}，{city}与{city}签署{topic}协议，约定{deed}。",
    "记者在{town}{scene}看到，{noun}{act}{state}，{person}和{count}名工友{verb}{aspect}。",
    "{official}向记者{saying}，{topic}预计{day}{verb}，总投资{sum}。",
    "通报显示，{noun}{aspect}{pct}，较{year}提高{pct}，{result}。",
    "{role}{person}已{verb}{noun}{count}天，他{saying}，{result}。",
    "{city}、{city}等地{period}{deed}，{figure}。",
    "会议{saying}，要{deed}，{deed}。",
    "为{verb}{topic}，{town}{adverb}{verb}{aspect}，{result}。",
)

ARTICLES = (
    "{verb}{topic}好比{image}，既要{virtue}，也要{virtue}。",
    "{noun}{aspect}之所以{state}，不在{noun}多少，而在{noun}{act}是否{trait}。",
    "有人{saying}，{topic}{state}；也有人{saying}，{result}。",
    "走进{town}{scene}，{person}递来一本{noun}{aspect}，上面记着{figure}。",
    "{year}的那个{scene}，{role}{person}第一次{verb}{noun}{act}，{figure}。",
    "{deed}，考验的是{virtue}，积攒的是{virtue}，{result}。",
    "{person}是{town}的{role}，{period}他{adverb}{verb}{topic}，{result}。",
    "“{image}讲{virtue}，{topic}也讲{virtue}。”{person}{saying}。",
    "在{city}采访，听到最多的是{noun}{aspect}，看到最多的是{noun}{act}。",
    "如果{noun}{aspect}{state}，{topic}就难以{trait}，{virtue}也无从谈起。",
    "从{town}到{town}，{figure}，变的是{noun}{aspect}，不变的是{virtue}。",
    "{topic}不是一道{virtue}题，而是一道{virtue}题，{local}{deed}。",
    "{role}{person}{saying}，{noun}{act}像{image}，差一点{virtue}，{aspect}就{state}。",
    "数字背后是{noun}：{figure}，{figure}，{result}。",
    "回望{year}，{city}{deed}；再看今天，{result}。",
    "值得注意的是，{scope}{noun}{act}{state}，{share}的{scene}仍缺{aspect}。",
    "把{noun}{aspect}当作{image}，一年{trait}，三年{trait}，{result}。",
    "{official}{saying}，{verb}{noun}花了{sum}，省下的却是{noun}{aspect}。",
    "夜里{scene}灯还亮着，{person}和{role}们{verb}{topic}，{figure}。",
    "多一些{virtue}，少一些{noun}{aspect}的空转，{topic}才能{trait}。",
    "{town}的经验说明，{deed}，{noun}才{trait}，{result}。",
    "说到底，{topic}为的是{noun}{trait}，{local}{adverb}{verb}{aspect}。",
    "{person}今年{count}次到{scene}，每次{verb}{noun}{aspect}，都{saying}{result}。",
    "{noun}有{noun}的{aspect}，{noun}有{noun}的{aspect}，不能{adverb}{verb}了事。",
)

OPENINGS = (
    "为{deed}，根据{noun}{aspect}有关规定，{verb}{topic}。",
    "近期，{town}{noun}{aspect}{state}，为{adverb}{verb}{topic}，提出以下要求。",
    "你单位报来的{topic}请示收悉，经{office}研究，{adverb}{verb}{noun}{aspect}。",
    "{year}以来，{local}{deed}，但{result}，须{adverb}{verb}。",
    "经{office}同意，自{day}起在{town}{verb}{topic}，有关事项如下。",
    "现就{topic}中的{aspect}、{aspect}作如下安排，请{local}{adverb}{verb}。",
)

LEADS = (
    "{city}{day}{verb}{topic}，{figure}，{result}。",
    "记者从{city}{office}了解到，{period}{figure}，{result}。",
    "{city}{office}{day}发布消息，{local}{deed}。",
    "一项{topic}{day}在{city}{town}{verb}，总投资{sum}。",
    "{official}{day}{saying}，{local}将{deed}。",
)

QUESTIONS = (
    "{city}{office}{year}在{town}{verb}{topic}，{figure}。这一做法首先有利于（　　）",
    "{person}在{town}{scene}调研时发现，{result}。针对{topic}，最恰当的建议是（　　）",
    "{year}，{city}安排{sum}用于{topic}，{figure}。下列判断正确的是（　　）",
    "阅读材料：{period}，{town}{deed}，{result}。该材料主要说明（　　）",
    "{role}{person}提出“{topic}要{trait}”，其依据不包括（　　）。背景：{figure}，{result}",
)

HEADLINES = (
    "{city}{verb}{topic}",
    "{noun}{aspect}{state}",
    "{town}：{verb}{noun}{aspect}",
    "{figure}，{noun}{state}",
    "{verb}{noun}，{verb}{aspect}",
    "{noun}的{image}之道",
)

ISSUERS = ("{city}{body}", "{city}{office}")
MATTERS = ("{verb}{topic}", "{adverb}{verb}{noun}{act}", "{year}{noun}{act}")
ADDRESSEES = (
    "{city}{body}、{office}，{local}：",
    "{town}、{town}，{office}：",
    "{local}、{local}：",
)
CITIES = ("{city}",)
PEOPLE = ("{person}",)
DEEDS = ("{deed}", "{verb}{topic}", "{adverb}{verb}{noun}{aspect}")
