"""Datatrove's n-gram decontamination: a text is flagged if it shares 12 words with an item."""

from __future__ import annotations

import tempfile

import jieba
import numpy as np
from datatrove.data import Document
from datatrove.pipeline.decont import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer

from tests.benchmarks.peers.screening import Flags, Items, perform

LANGUAGE = "cmn_Hani"  # its "zh" is a tokenizer that does not split Chinese (0.10.1)


def prepare(items: Items) -> Flags:
    jieba.initialize()
    # Only its own loader of public sets needs lighteval.
    NGramsDecontIndexer._requires_dependencies = []
    config = NGramsDecontConfig(find_query_ngrams=True)
    folder = tempfile.mkdtemp(prefix="heliu-")
    indexer = NGramsDecontIndexer(folder, config=config, language=LANGUAGE)
    hashes = {
        value for question, label, _ in items for value in indexer.compute_hashes(label, question)
    }
    passages = {value for *_, passage in items for value in indexer.compute_hashes(passage)}
    array = np.array(sorted(hashes | passages), config.hash_config.np_descr)
    array.tofile(f"{folder}/items.index.hashes")
    step = NGramsDecontFilter(folder, config=config, language=LANGUAGE)
    return lambda text: step.filter(Document(text=text, id="")) is not True


if __name__ == "__main__":
    perform(prepare)
