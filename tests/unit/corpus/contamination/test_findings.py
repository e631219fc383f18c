"""What is found of evaluation sets, and what condemns nobody."""

from __future__ import annotations

import pyarrow as pa

from jobs.corpus.contamination.decontamination import decontaminated
from jobs.corpus.contamination.findings import (
    PASSAGE,
    QUESTION,
    QUOTATION,
    Benchmarks,
    dropped,
    evidence_of,
    hits,
)
from jobs.corpus.contamination.item_index import build_index
from jobs.corpus.contamination.items import Benchmark, BenchmarkItem, item_of
from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.repair.repairs import RepairParams
from jobs.corpus.signals.keywords import SignalParams

STATUTE = (
    "第二十条 住宅专项维修资金属于业主所有，专项用于住宅共用部位、共用设施设备保修期满后的维修"
    "和更新、改造，任何单位和个人不得挪作他用。"
)
PASSAGE_TEXT = (
    "白洋渡是江边的一个小镇，镇上有三条石板街。每逢初三初八，四乡的人挑着担子来赶集，卖藕的、卖箩筐的、"
    "卖糖人的，从桥头一直排到码头。傍晚收了市，船家把灯笼挂上桅杆，水面上便浮起一串一串的光。"
)
ITEMS = (
    BenchmarkItem("1", f"{STATUTE[5:]}下列哪一做法符合该规定？", ("用于绿化", "用于分红"), "", ""),
    BenchmarkItem("2", "下列说法正确的是", ("水在零度结冰不放热", "盐水比淡水难结冰"), "", ""),
    BenchmarkItem("3", "作者笔下的白洋渡有何特点？", (), "热闹而宁静", PASSAGE_TEXT),
    BenchmarkItem("4", "何谓折冲樽俎", (), "", ""),
    BenchmarkItem("5", "唐代市舶使初设于哪一座城市", ("广州", "泉州", "明州", "扬州"), "", ""),
)
POLICY = {"question": "drop", "passage": "report"}


def searched(*texts: str | None, policy: dict[str, str] | None = None) -> pa.Table:
    sets = [Benchmark("考试", "1", "", policy or POLICY, ITEMS, 0, 0, "")]
    index, names, _ = build_index(sets)
    return hits(pa.array(texts, pa.large_string()), Benchmarks(index, names))


def told(*texts: str | None) -> list[tuple[str, str]]:
    return [(hit["item"], hit["found"]) for hit in searched(*texts).to_pylist()]


def test_a_statute_that_an_item_quotes_is_a_quotation() -> None:
    assert told(f"第十九条 略。\n{STATUTE}\n第二十一条 略。") == [("1", QUOTATION)]
    assert told(f"练习：{ITEMS[0].question}") == [("1", QUESTION)]
    assert len(dropped(searched(STATUTE))) == 0


def test_a_common_question_counts_beside_its_options_alone() -> None:
    assert told("复习要点：下列说法正确的是什么，请同学们自己判断。") == []
    leak = "下列说法正确的是（ ）\nA．盐水比淡水难结冰\nB．水在零度结冰不放热"
    assert told(leak) == [("2", QUESTION)]


def test_a_common_question_counts_beside_one_whole_answer() -> None:
    assert told("下列说法正确的是？答案：盐水比淡水难结冰。") == [("2", QUESTION)]
    assert told("盐水比淡水难结冰，下面说明原因。") == []


def found_of(question: str, text: str, *, options: tuple[str, ...] = (), sets: int = 1) -> set[str]:
    """In which of several sets that share a question it is found as a question."""
    item = BenchmarkItem("1", question, options, "", "")
    given = [Benchmark(str(n), "1", "", POLICY, (item,), 0, 0, "") for n in range(sets)]
    index, names, _ = build_index(given)
    found = hits(pa.array([text], pa.large_string()), Benchmarks(index, names)).to_pylist()
    return {hit["benchmark"] for hit in found if hit["found"] == QUESTION}


def test_an_edit_in_the_words_that_ask_hides_no_question() -> None:
    question = "反垄断执法机构决定中止调查后，出现下列哪些情形应当立即恢复调查？"
    assert found_of(question, question.replace("哪些", "些"))
    assert not found_of(question, question.replace("下列哪些情形", "下列情形"))


def test_a_stem_before_numbered_statements_asks() -> None:
    question = (
        "与常规公交方式相比，沧州地铁的特点有 ①投资少而见效快 ②废气多而噪声大 ③用地省而客运量大"
    )
    assert found_of(question, question.replace("投资少", "花费少").replace("用地省", "省用地"))
    assert not found_of(question, "沧州地铁投资少而见效快，用地省而客运量大。")


def test_a_question_that_many_sets_share_is_found_in_each() -> None:
    question = "沧州县学生资助中心去年在德坪乡资助学生，这一做法首先有利于什么？"
    assert found_of(question, question, sets=12) == {str(n) for n in range(12)}


def test_a_short_question_much_edited_is_known_by_all_its_options() -> None:
    options = ("台院掌管弹劾百官之事", "殿院掌管殿廷供奉之仪", "察院掌管巡按州县之政")
    listed = "\n".join(options)
    question = "关于御史台的正确表述有"
    assert found_of(question, f"关不御史台时大为表述有\n{listed}", options=options)
    assert not found_of(question, f"御史台设三院：\n{listed}", options=options)


def test_a_short_question_is_found_word_for_word() -> None:
    assert told("史料题一则：唐代市舶使，初設於哪一座城市？") == [("5", QUESTION)]
    assert told("唐代市舶使设于广州。") == []


def test_half_a_passage_is_told_apart_from_questions() -> None:
    (hit,) = searched(PASSAGE_TEXT[:50] + "（节选）").to_pylist()
    assert (hit["item"], hit["found"], hit["policy"]) == ("3", PASSAGE, "report")
    assert 0.4 < hit["covered"] < 0.7


def test_what_cannot_be_found_is_counted() -> None:
    _, _, (searchable,) = build_index([Benchmark("考试", "1", "", POLICY, ITEMS, 0, 0, "")])
    assert (searchable.alone, searchable.with_options, searchable.too_short) == (3, 1, 1)


def test_places_are_those_of_the_text_and_null_holds_nothing() -> None:
    text = f"𠀀前言。\n{ITEMS[4].question}？\n后记"
    (hit,) = searched(None, text).to_pylist()
    assert hit["row"] == 1
    assert text[hit["offset"] :][: hit["chars"]] == ITEMS[4].question
    assert text.encode()[hit["start"] : hit["end"]].decode() == ITEMS[4].question


def test_evidence_has_numbers_and_not_the_item() -> None:
    (hit,) = searched(f"练习：{ITEMS[0].question}").to_pylist()
    line = evidence_of(hit, 2)
    assert line.startswith("考试 item 1: 100% of the question, longest run ")
    assert "at character 4" in line
    assert line.endswith("and 2 more items")
    assert "维修资金" not in line


def test_an_empty_column_and_no_items_give_an_empty_table() -> None:
    assert len(searched()) == 0
    index, names, _ = build_index([Benchmark("空", "1", "", POLICY, (), 0, 0, "")])
    assert len(hits(pa.array(["任何文字"], pa.large_string()), Benchmarks(index, names))) == 0


def test_what_is_dropped_has_no_content_and_no_signals_left() -> None:
    index, names, _ = build_index([Benchmark("考试", "1", "", POLICY, ITEMS, 0, 0, "")])
    row = dict.fromkeys(DELIVERED.names)
    texts = (f"史料题：{ITEMS[4].question}？", "唐代市舶使设于广州。")
    rows = [{**row, "source_file": "a", "source_row": n, "text": t} for n, t in enumerate(texts)]
    words = SignalParams(((), (), (), ()), quality=None)
    params = TextParams(
        RepairParams((), 1.0), RepeatedLineParams(False, 1, 2, 1), words, PrivateDataParams()
    )
    delivered = pa.Table.from_pylist(rows, schema=DELIVERED)
    table, _, _ = documents(delivered, partner="a", first_position=0, params=params)
    after, cuts, counts = decontaminated(table, Benchmarks(index, names), signal_params=words)
    gone, kept = after.to_pylist()
    assert (gone["content"], gone["content_chars"], gone["stage"]) == (None, None, "decontaminate")
    assert kept == table.to_pylist()[1]
    assert len(cuts) == 0
    assert counts.documents == {("考试", "dropped"): 1}
    assert counts.items == {("考试", "5")}


def test_options_that_stand_in_a_question_are_taken_out_of_it() -> None:
    record = {
        "q": "7．（3分）依次填入横线处最恰当的一项是（ ）\nA．然而\nB．因此\nC．况且\nD．否则"
    }
    item = item_of(record, {"question": "q"}, 3)
    assert item.question.strip() == "依次填入横线处最恰当的一项是（ ）"
    assert item.options == ("然而", "因此", "况且", "否则")
    assert item.id == "3"


def test_letters_of_options_are_no_answer() -> None:
    columns = {"question": "q", "options": "A, B", "answer": "a"}
    item = item_of({"q": "何为？", "A": "(A)甲事", "B": "B. 乙事", "a": ["A", "B"]}, columns, 1)
    assert item.options == ("甲事", "乙事")
    assert item.answer == ""
