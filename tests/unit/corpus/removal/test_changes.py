"""Documents and facts with changes applied are those that removing boilerplate gave."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.signatures import SignatureParams
from jobs.corpus.normalize.facts import facts
from jobs.corpus.removal.changes import changed_documents, changed_facts, changes
from jobs.corpus.removal.site_boilerplate import (
    SiteBoilerplateParams,
    count_keys,
    page_ends,
    remove_site_boilerplate,
)
from tests.corpora import NO_KEYWORDS
from tests.property.test_removals_laws import table_of

PARAMS = SiteBoilerplateParams(is_on=True, min_documents=4, min_share=0.5)
SIGNATURE = SignatureParams(num_perm=16, seed=1, shingle_chars=5)
HEADER = "当前位置：首页 > 新闻 > 正文"
FOOTER = "责任编辑：张三\n\n版权所有：某某网，未经授权不得转载。𠮷"


def delivered() -> pa.Table:
    """Pages of a site with its frame, one of nothing else, and some of no site."""
    site = "http://a.example/"
    framed = [(f"{HEADER}\n\n第{n}期工程𠮷。\n第{n}项任务。\n\n{FOOTER}", site) for n in range(6)]
    others = [(f"无地址的第{n}篇文章。\n{FOOTER}", None) for n in range(3)]
    return table_of([*framed, (f"{HEADER}\n{FOOTER}", site), *others, ("", None)])


def test_changes_and_removals_give_the_documents_and_facts_without_boilerplate() -> None:
    before = delivered()
    counts = count_keys(page_ends(before).keys, least=PARAMS.min_documents)
    after, removals = remove_site_boilerplate(
        before, counts, params=PARAMS, signal_params=NO_KEYWORDS
    )
    is_changed = pc.is_in(before["position"], value_set=removals["position"].unique())
    lost = after.filter(is_changed)
    assert len(lost) == 7
    made = changes(lost, facts(lost, params=SIGNATURE), num_perm=16)
    made = made.take(pa.array([3, 0, 6, 1, 5, 2, 4]))  # in any order
    assert changed_documents(before, made, removals).equals(after)
    some = before.slice(2, 5).select(["position", "content", "reason"])
    assert changed_documents(some, made, removals).equals(
        after.slice(2, 5).select(some.schema.names)
    )
    known = facts(before, params=SIGNATURE)
    assert changed_facts(known, made).equals(facts(after, params=SIGNATURE))
    some = known.select(["position", "signature"])
    assert changed_facts(some, made)["signature"].equals(
        facts(after, params=SIGNATURE)["signature"]
    )
    assert changed_documents(before, made.slice(0, 0), removals) is before
    assert changed_facts(known, made.slice(0, 0)) is known
