"""The mutations: what is replaced by what, and the tests that should notice.

Each breaks a promise, a fingerprint, a refusal, a threshold at its value, an order of writing, or a
step of an algorithm. A text to replace occurs once in its file.
"""

from __future__ import annotations

from tests.mutations.commands import OF_COMMANDS
from tests.mutations.mutation import Mutation, mutations_of
from tests.mutations.reports import OF_REPORTS

MUTATIONS: list[Mutation] = [
    *mutations_of(
        "jobs/corpus/release/conservation.py",
        "unit/corpus/release/test_conservation unit/corpus/release/test_takedown_rows",
        ("if delivered != kept + dropped + rejected or kept != released:", "if kept != released:"),
        (
            "if delivered != kept + dropped + rejected or kept != released:",
            "if delivered != kept + dropped + rejected:",
        ),
        ('if numbers["kept"] != released:', "if False:"),
        (
            'if numbers.total() != account["delivered"] or numbers[Verdict.KEPT] != released:',
            "if numbers[Verdict.KEPT] != released:",
        ),
        (
            'if numbers.total() != account["delivered"] or numbers[Verdict.KEPT] != released:',
            'if numbers.total() != account["delivered"]:',
        ),
    ),
    *mutations_of(
        "jobs/corpus/release/decisions.py",
        "unit/corpus/release/test_conservation",
        ("if found != len(drops):", "if False:"),
        ("if pc.any(pc.and_(is_rejected, is_dropped)).as_py():", "if False:"),
        ("if rows.null_count:", "if False:"),
        (
            'columns["licence"] = pc.fill_null(kept["licence"], licence)',
            'columns["licence"] = pc.fill_null(kept["licence"], "")',
        ),
    ),
    *mutations_of(
        "jobs/corpus/dedup/ranking.py",
        "unit/corpus/dedup/test_ranking unit/corpus/dedup/test_duplicates",
        ('("text_hash", "doc_id", "record_hash")', '("text_hash", "doc_id")'),
        ("ranks, len(ranks) + 1)", "ranks, 0)"),
        (
            'keys: list[SortKey] = [~ranked["is_frozen"].to_numpy()]',
            'keys: list[SortKey] = [ranked["is_frozen"].to_numpy()]',
        ),
        ("return -pc.fill_null(column, 0)", "return pc.fill_null(column, 0)"),
        ('"descending" if preference == "newest" else "ascending"', '"ascending"'),
    ),
    *mutations_of(
        "jobs/corpus/dedup/params.py",
        "unit/corpus/dedup/test_duplicates",
        ("if not 0 < self.threshold <= 1:", "if not 0 <= self.threshold <= 1:"),
    ),
    *mutations_of(
        "jobs/corpus/dedup/banding.py",
        "unit/corpus/dedup/test_duplicates unit/corpus/dedup/test_geometry"
        " property/test_duplicates_laws",
        ("keys[doc, band] = mix(keys[doc, band] ^ value)", "keys[doc, band] = mix(value)"),
        (
            "keys[:, -1] = ids[:, 0] ^ ids[:, 1]",
            "keys[:, -1] = np.arange(len(ids), dtype=np.uint64)",
        ),
    ),
    *mutations_of(
        "jobs/corpus/dedup/duplicates.py",
        "unit/corpus/dedup/test_duplicates property/test_duplicates_laws property/test_frozen_laws",
        (
            "first_new=frozen",
            "first_new=0",
        ),
    ),
    *mutations_of(
        "jobs/corpus/dedup/drop_evidence.py",
        "unit/corpus/dedup/test_duplicates property/test_frozen_laws",
        (
            "agreeing = np.rint(pairs.similarity * bands.num_perm)",
            "agreeing = np.rint(pairs.similarity * bands.rows)",
        ),
        (
            '"kept_doc_id": _unless(is_taken_down, other["doc_id"]),',
            '"kept_doc_id": other["doc_id"],',
        ),
        (
            'is_whole = _is_equal(pairs, "whole_hash")',
            'is_whole = _is_equal(pairs, "canonical_hash")',
        ),
    ),
    *mutations_of(
        "jobs/corpus/dedup/decision_kernels.py",
        "unit/corpus/dedup/test_duplicates property/test_frozen_laws",
        ("        first_band = columns - 1\n", "        first_band = 0\n"),
        ("best = _equal_sibling(search, rank, index, best)", "pass"),
    ),
    *mutations_of(
        "jobs/corpus/dedup/siblings.py",
        "unit/corpus/dedup/test_siblings unit/corpus/dedup/test_labelled_pairs",
        ("return not _contains(second, first) and 2 * _shared", "return 2 * _shared"),
        ("return 5 * _shared_chars(first, second) >= 4 * longest", "return True"),
    ),
    *mutations_of(
        "jobs/corpus/text/addresses.py",
        "unit/corpus/text/test_canonical",
        ("is_led = after == _NUMBER and _LEADING[sign]", "is_led = False"),
        ("return bool(before == _LETTER)", "return False"),
    ),
    *mutations_of(
        "jobs/corpus/dedup/components.py",
        "unit/corpus/dedup/test_components property/test_components_laws",
        ("members = sizes[label] if label < first_frozen else 0", "members = sizes[label]"),
        ("if found == 0 or edge != ascending[found - 1]:", "if True:"),
        (
            "        if a < b:\n            parents[b] = a",
            "        if a > b:\n            parents[b] = a",
        ),
    ),
    *mutations_of(
        "jobs/corpus/removal/site_boilerplate.py",
        "unit/corpus/removal/test_site_boilerplate property/test_removals_laws",
        ("is_common = (line_documents >= least)", "is_common = (line_documents > least)"),
        (
            "keys[documents >= least], documents[documents >= least]",
            "keys[documents > least], documents[documents > least]",
        ),
        ("np.unique(keys[is_new], return_counts=True)", "np.unique(keys, return_counts=True)"),
    ),
    *mutations_of(
        "jobs/corpus/intake/dates.py",
        "unit/corpus/intake/test_dates",
        ("if half in _AFTERNOON and hour < 12:", "if half in _AFTERNOON:"),
        ("if half in _MORNING and hour == 12:", "if half in _MORNING and hour == 11:"),
        ("if not _FIRST_YEAR <= year <= _LAST_YEAR:", "if False:"),
        ("return year + _REPUBLIC if", "return year + _REPUBLIC + 1 if"),
    ),
    *mutations_of(
        "jobs/corpus/intake/web_archives.py",
        "unit/corpus/intake/test_web_archives",
        (
            'order = detect(source) if encoding == "auto" else encoding',
            'order = detect(source) if encoding != "auto" else encoding',
        ),
        ("if len(source) > limit:", "if False:"),
    ),
    *mutations_of(
        "jobs/corpus/signals/quality_report.py",
        "unit/corpus/signals/test_quality_report",
        ("is_called = scores >= _NEUTRAL", "is_called = scores > _NEUTRAL"),
        ("float((is_called == labels).mean())", "float((is_called != labels).mean())"),
        ("is_below = scores < threshold", "is_below = scores <= threshold"),
    ),
    *mutations_of(
        "jobs/corpus/repair/line_detectors.py",
        "property/test_detectors_laws",
        ("is_empty = at == line_start and", "is_empty = at != line_start and"),
        ("spaced >= _SPACED_CHARS", "spaced > 2 * _SPACED_CHARS"),
        ("abs(width - last_wide) <= _WRAP_SLACK", "abs(width - last_wide) < 0"),
    ),
    *mutations_of(
        "jobs/flow/builds/merge_stage.py",
        "unit/flow/tasks/test_fingerprints",
        ("return params.shards.release_bytes, licences", "return params.shards.release_bytes"),
        ("return params.shards.release_bytes, licences", "return licences"),
    ),
    *mutations_of(
        "jobs/flow/dedup/dedup_stage.py",
        "unit/flow/tasks/test_fingerprints",
        ("params.shards.group_documents, priorities)", "params.shards.group_documents)"),
        ("(params.bands, params.rank, filters,", "(params.bands, params.rank,"),
        ("decided, how, code_digest())", "decided, how)"),
    ),
    *mutations_of(
        "jobs/flow/intake/input_shards.py",
        "unit/flow/tasks/test_fingerprints",
        ("(group.reading, text, params.site_boilerplate.is_on,", "(partner.reading, text,"),
        ("how, names, code_digest(), folding_digest())", "how, names, folding_digest())"),
        (
            "(file.source.name, _content(file), _place(file.split))",
            "(file.source.name, _place(file.split))",
        ),
    ),
    *mutations_of(
        "jobs/flow/dedup/frozen.py",
        "unit/flow/dedup/test_frozen property/test_frozen_laws",
        (
            "{Origin.PARENT: 1_000_000_000, Origin.TOMBSTONE: 2_000_000_000}",
            "{Origin.PARENT: 2_000_000_000, Origin.TOMBSTONE: 1_000_000_000}",
        ),
    ),
    *mutations_of(
        "jobs/storage/directory.py",
        "unit/storage/test_directory_store",
        ("        os.fsync(file.fileno())\n", "        pass\n"),
        ("                _flush(path.parent)\n", "                pass\n"),
        ("            _flush(temp)\n", "            pass\n"),
        ("return temp.stat().st_nlink > 1", "return False"),
        ("is_new = not path.exists()", "is_new = True"),
    ),
    *mutations_of(
        "jobs/storage/garbage.py",
        "unit/storage/test_garbage",
        ("for keys in (checkpoints, tables,", "for keys in (tables, checkpoints,"),
        (
            "if generation < state.retired_files.generation(digest):",
            "if generation <= state.retired_files.generation(digest):",
        ),
        ("        live |= _candidates(corpus)\n", "        pass\n"),
        ("dict(blobs[:_BATCH])", "dict(blobs)"),
    ),
    *mutations_of(
        "jobs/storage/commits.py",
        "unit/storage/test_log_actions property/test_log_machine",
        ('return bool(found["id"] == entry["id"])', "return True"),
        ('"previous": before.digest,', '"previous": None,'),
        ("        corpus.store.put(note, canonical_json(entry))\n", "        pass\n"),
        ("if _written(corpus, entry, is_noted=True):", "if True:"),
    ),
    *mutations_of(
        "jobs/storage/operations.py",
        "unit/storage/test_log_states property/test_log_machine",
        ("if operation.epoch != registry.epoch:", "if False:"),
        ('if "yanked" in parent:', "if False:"),
        (
            "retired[digest] = max(generation, retired.get(digest, -1))",
            "retired[digest] = generation",
        ),
        ('digest: replaced.get(file["sha256"], file) if file else None', "digest: file"),
        (
            "forbidden=retired_files.forbidden | set(replaced),",
            "forbidden=retired_files.forbidden,",
        ),
        ("epoch = registry.epoch + 1", "epoch = registry.epoch"),
    ),
    *mutations_of(
        "jobs/storage/publication.py",
        "unit/storage/test_log_actions unit/flow/builds/test_publish_stage"
        " property/test_log_machine",
        (
            'return corpus.store.size(key) == file["bytes"]',
            "return corpus.store.size(key) is not None",
        ),
        ("fallen = sorted(retired_files.forbidden & new.keys())", "fallen: list[str] = []"),
    ),
    *mutations_of(
        "jobs/storage/metadata.py",
        "unit/storage/test_log_actions",
        ("    if sha256_hex(body) != digest:\n", "    if False:\n"),
    ),
    *mutations_of(
        "jobs/storage/typed_json.py",
        "unit/storage/test_metadata",
        ("    if type(value) is not kind:", "    if not isinstance(value, kind):"),
        ("    if missing := sorted(needed - value.keys()):", "    if missing := []:"),
    ),
    *mutations_of(
        "jobs/storage/log.py",
        "unit/storage/test_log_actions",
        ('if entry["seq"] != number or entry["previous"] != digest:', 'if entry["seq"] != number:'),
        ('or _digest(after) != entry["state"]:', "or False:"),
    ),
    *OF_COMMANDS,
    *OF_REPORTS,
]
