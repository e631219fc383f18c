"""Verdicts, stages and reasons of decisions and of removals: why a row, or a span, is not there."""

from __future__ import annotations

from enum import StrEnum


class RejectReason(StrEnum):
    """Why a delivered row is no document. Append-only: releases store these values."""

    BROKEN_JSON = "broken_json"
    BROKEN_ROW = "broken_row"
    MISSING_TEXT = "missing_text"  # this row has no such key, though other rows may
    NULL_TEXT = "null_text"
    EMPTY_TEXT = "empty_text"
    NOT_TEXT = "not_text"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too_large"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    NO_MAIN_TEXT = "no_main_text"  # a web page of navigation alone
    NOT_A_PAGE = "not_a_page"  # a record of a web archive that holds no page
    GARBLED = "garbled"  # by wrong decoding, beyond repair
    ONLY_BOILERPLATE = "only_boilerplate"
    BLOCKED_SOURCE = "blocked_source"  # the registry of sources excludes it
    UNLISTED_SOURCE = "unlisted_source"  # the registry does not list it, or there is no address
    SOURCE_OVER_LIMIT = "source_over_limit"  # too many documents of its site are flagged
    OUTSIDE_SPAN = "outside_span"  # published before or after the span of the corpus
    UNDATED = "undated"  # without a date that can be read, where one is asked for
    RIGHTS_RESERVED = "rights_reserved"  # its page opts out of mining or training


class DropReason(StrEnum):
    """Why a later stage removed a document; append-only."""

    EXACT_DUPLICATE = "exact_duplicate"  # the same canonical text, every line of it
    SAME_CONTENT = "same_content"  # the same but for what is set aside: bylines, addresses, …
    NEAR_DUPLICATE = "near_duplicate"  # similarity at or above the threshold
    SAME_ID = "same_id"  # the partner gave one id to two different texts
    TAKEN_DOWN = "taken_down"  # matches a document that was taken down and is in no release
    BENCHMARK_QUESTION = "benchmark_question"  # holds a question of an evaluation set
    BENCHMARK_PASSAGE = "benchmark_passage"  # holds a passage of one
    PRIVATE_DATA = "private_data"  # holds private data of a kind that drops its document


TEMPLATE = "template"
"""In the table of drops, of a document that stays: it resembles a kept one and is a sibling."""

COPIES = "copies"
"""In the table of drops, of a kept document: how many documents of a partner go for it."""

OF_BENCHMARKS = (DropReason.BENCHMARK_QUESTION, DropReason.BENCHMARK_PASSAGE)
"""Reasons for which a document that holds benchmark items is dropped."""

WITHOUT_KEPT = (*OF_BENCHMARKS, DropReason.PRIVATE_DATA)
"""Reasons for which a document is dropped and no other is kept in its place."""


class Verdict(StrEnum):
    """The outcome for a delivered row."""

    KEPT = "kept"
    DROPPED = "dropped"
    REJECTED = "rejected"


class Stage(StrEnum):
    """The stage that decided about a delivered row; append-only, in the order of the pipeline."""

    INTAKE = "intake"
    SPAN = "span"
    RIGHTS = "rights"
    NORMALIZE = "normalize"
    PRIVATE_DATA = "private_data"
    JUDGE = "judge"
    DECONTAMINATE = "decontaminate"
    BOILERPLATE = "boilerplate"
    SOURCES = "sources"  # the gate; the registry is asked before a text is read
    DEDUP = "dedup"
    MERGE = "merge"
    TAKEDOWN = "takedown"  # after the release was published


UNWANTED_STAGES = (Stage.SOURCES, Stage.SPAN, Stage.RIGHTS)
"""Stages that reject what a corpus does not want, which is no fault of a delivery."""

DROPPING_STAGES = (Stage.PRIVATE_DATA, Stage.DECONTAMINATE)
"""Stages of normalize that drop documents; what others decide there is a reject."""


class RemovalKind(StrEnum):
    """Why a span is cut, in the order of cutting; releases store these values."""

    PRIVATE_DATA = "private_data"
    REPEATED_PARAGRAPH = "repeated_paragraph"
    BENCHMARK_ITEM = "benchmark_item"
    SITE_BOILERPLATE = "site_boilerplate"
