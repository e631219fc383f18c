"""Refining: groups too large for one task are grouped again, by keys boilerplate does not fill.

::

    meetings ─ hot ────▶ keys of buckets whose documents differ     one task per file of meetings
             ─ pieces ─▶ words of key and ordinal, cut by key       one task per file of meetings
             ─ edges, unite ─▶ smaller components                   as in `candidate_groups`
             ─ meet ───▶ facts of documents that still meet anybody one task per file of meetings

A task holds the documents of oversized groups in one file of meetings, 1.2 KB each, all hot keys
(at most one per 64 documents and band), and the words of 50,000 documents (24 bytes each; a
document has 17, and 30 for each hot bucket). Only signatures have pieces: exact similarities do not
come here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from jobs.corpus.dedup.banding import BandKeys, meeting_keys, signature_matrix
from jobs.corpus.dedup.components import Bounds, Edges, Words, meeting_words, told_buckets
from jobs.corpus.dedup.hot_bucket_keys import hot_keys, refined_keys
from jobs.corpus.dedup.hot_buckets import piece_words
from jobs.corpus.dedup.ranking import hash_halves
from jobs.corpus.dedup.signatures import Signatures
from jobs.flow.dedup.candidate_groups import PARTITION_WORDS, Cut, Meeting, Place, met, united
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import read_group, read_numbers, write_cuts, write_groups
from jobs.flow.tasks.sealed import read_sealed, seal
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_DOCUMENTS = 50_000  # whose words are held at a time

Source = tuple[Place, int, str, tuple[int, ...]]
"""Where to write, the number and key of a file of meetings, and the groups that are oversized."""


def refined_meeting(
    meeting: Meeting, whole: Cut, place: Place, params: BuildParams, *, progress: Progress
) -> Meeting:
    """The oversized groups of a meeting in smaller groups; those that stay oversized are dense."""
    mapped = partial(map_checkpointed, params=params, progress=progress)
    place = Place(place.corpus, f"{place.key}/refined")
    sources = [(place, n, file, tuple(meeting.oversized)) for n, file in enumerate(meeting.files)]
    hot = mapped(
        _write_hot,
        [CheckpointedTask(place.at(f"hot-{source[1]}.json"), source) for source in sources],
        label="dedup: hot buckets",
    )
    hot_files = tuple(checkpoint["file"] for checkpoint in hot)
    cut = replace(whole, pieces=1 + sum(m["words"] for m in hot) // PARTITION_WORDS)
    keys = mapped(
        _write_pieces,
        [CheckpointedTask(place.at(f"keys-{s[1]}.json"), (s, hot_files, cut)) for s in sources],
        label="dedup: pieces",
    )
    grouped = united(keys, cut, place, params, progress=progress)
    files = mapped(
        _write_meeting,
        [
            CheckpointedTask(place.at(f"meeting-{s[1]}.json"), (s, grouped["file"], cut.delivered))
            for s in sources
        ],
        label="dedup: meetings again",
    )
    return met(files, grouped, meeting.most)


def _write_hot(spec: Source, *, params: BuildParams) -> Checkpoint:
    place, number, _, _ = spec
    store = open_store(params.storage)
    bands = params.bands
    rows = _rows(spec, store)
    signatures, has_text, keys = _keyed(rows, params)
    hot, members = hot_keys(signatures, has_text, keys, params=bands)
    file = seal(store, place.at(f"hot-{number}", "keys.bin"), hot.tobytes())
    pieces = bands.num_perm // piece_words(bands.num_perm, bands.rows, bands.threshold)
    return {"file": file, "words": keys.size + members * pieces}


def _write_pieces(spec: tuple[Source, tuple[str, ...], Cut], *, params: BuildParams) -> Checkpoint:
    source, hot_files, cut = spec
    place, number, _, _ = source
    store = open_store(params.storage)
    hot = [
        np.empty(0, np.uint64),
        *(np.frombuffer(read_sealed(store, f), np.uint64) for f in hot_files),
    ]
    rows, all_hot = _rows(source, store), np.unique(np.concatenate(hot))
    told = [
        _told(rows.slice(start, _DOCUMENTS), all_hot, cut, params)
        for start in range(0, len(rows), _DOCUMENTS)
    ]
    cuts = [(words, bounds) for words, bounds, _ in told]
    words, bounds, edges = told_buckets(cuts, bits=cut.bits, partitions=cut.pieces)
    edges = np.concatenate([edges, *(found for _, _, found in told)])
    return {
        "file": write_cuts(store, place.at(f"keys-{number}", "keys.bin"), words, bounds),
        "edges": seal(store, place.at(f"keys-{number}", "edges.bin"), edges.tobytes()),
    }


def _told(rows: pa.Table, hot: Words, cut: Cut, params: BuildParams) -> tuple[Words, Bounds, Edges]:
    signatures, has_text, keys = _keyed(rows, params)
    refined, whose = refined_keys(signatures, has_text, keys, hot, params=params.bands)
    ordinals = rows["ordinal"].to_numpy()[whose]
    words = meeting_words(
        refined[:, np.newaxis],
        np.ones(len(refined), np.bool_),
        ordinals,
        bits=cut.bits,
        partitions=cut.pieces,
    )
    return told_buckets([words], bits=cut.bits, partitions=cut.pieces)


def _write_meeting(spec: tuple[Source, str, int], *, params: BuildParams) -> Checkpoint:
    source, grouped_file, delivered = spec
    place, number, _, _ = source
    store = open_store(params.storage)
    rows = _rows(source, store)
    ordinals = rows["ordinal"].to_numpy()
    first = int(ordinals.min(initial=delivered))
    span = int(ordinals.max(initial=first - 1)) + 1 - first
    grouped = read_numbers(store, grouped_file, first, span)[ordinals - first]
    key, is_met = place.at(f"meeting-{number}", "facts.arrow"), grouped >= 0
    return {"file": write_groups(store, key, rows.filter(pa.array(is_met)), grouped[is_met])}


def _rows(source: Source, store: ObjectStore) -> pa.Table:
    _, _, file, groups = source
    return pa.concat_tables([read_group(store, file, group) for group in groups])


def _keyed(
    rows: pa.Table, params: BuildParams
) -> tuple[Signatures, np.ndarray[tuple[int], np.dtype[np.bool_]], BandKeys]:
    signatures, has_text = signature_matrix(rows["signature"])
    ids = np.stack(hash_halves(rows["doc_id"]), axis=1)
    return signatures, has_text, meeting_keys(signatures, ids, params=params.bands)
