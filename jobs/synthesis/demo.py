"""A whole demo: deliveries of three partners, their configuration, exams, and the truth."""

from __future__ import annotations

from contextlib import ExitStack, closing
from itertools import cycle
from typing import TYPE_CHECKING, Any

from jobs.config_errors import OutputExists
from jobs.errors import ConfigError
from jobs.synthesis.exams import exam_items, leakable, write_exam_conf, write_exams
from jobs.synthesis.partners import (
    PARTNERS,
    Partner,
    write_conf,
    write_registry,
    write_risk_keywords,
)
from jobs.synthesis.planting import Planted, Planter
from jobs.synthesis.writing import Delivery, RowLocation, TruthFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FILE_BYTES = 64 << 20
_LEAST_FILES = 9  # at least, over the three partners: two or three files for the smallest of demos
_LONGEST_SHARE = 150  # the longest document has so many characters less than the demo has bytes
_REPORT_BYTES = 1 << 20


def write_demo(
    out: Path, *, size_bytes: int, seed: int, report: Callable[[int], None]
) -> dict[str, int]:
    """Write synthetic deliveries of three partners below `out`; the same seed, the same bytes.

    Besides `deliveries/` there are `conf/partners/` to read them by, `benchmarks/` some of whose
    items are leaked into documents, and `truth.parquet`, one row for everything planted. Memory
    does not grow with the size.

    Args:
        out: A folder without an earlier demo.
        size_bytes: UTF-8 size of the texts of all documents together; met within 5 %. From about
            300 documents (1.5 MB) on every kind of plant occurs.
        seed: Chooses the texts and everything else.
        report: Called with the bytes of text written so far, about every MB and at the end.

    Returns:
        The number of rows per partner, damaged ones included.

    Raises:
        ConfigError: if the size is not positive or `out` already holds a demo.
    """
    _check(out, size_bytes)
    exams = exam_items(f"{seed}")
    write_exams(out / "benchmarks", exams)
    write_conf(out / "conf" / "partners", out / "deliveries")
    write_registry(out / "conf" / "sources.tsv")
    write_risk_keywords(out / "conf" / "risk_keywords.tsv")
    write_exam_conf(out / "conf" / "benchmarks", out / "benchmarks")
    planter = Planter(f"{seed}", max(size_bytes // _LONGEST_SHARE, 1), leakable(exams))
    file_bytes = min(_FILE_BYTES, size_bytes // _LEAST_FILES)
    with ExitStack() as open_files:
        truth = open_files.enter_context(closing(TruthFile(out / "truth.parquet")))
        deliveries = {
            partner.name: open_files.enter_context(
                closing(Delivery(out / "deliveries" / partner.name, partner, file_bytes))
            )
            for partner in PARTNERS
        }
        _fill(deliveries, planter, truth, size_bytes, report)
    return {name: delivery.rows for name, delivery in deliveries.items()}


def _check(out: Path, size_bytes: int) -> None:
    if size_bytes <= 0:
        raise ConfigError(f"a demo of {size_bytes} bytes has no documents: give a positive size")
    # Files of a larger demo would stay beside the new ones and be read with them.
    found = [name for name in ("deliveries", "benchmarks", "conf") if (out / name).exists()]
    if found:
        raise OutputExists(f"{out} already holds {found[0]}: remove it or choose another folder")


def _fill(
    deliveries: dict[str, Delivery],
    planter: Planter,
    truth: TruthFile,
    size_bytes: int,
    report: Callable[[int], None],
) -> None:
    written = reported = 0
    for partner in cycle(PARTNERS):
        planted = planter.document(partner)
        text_bytes = len((planted.row.text or "").encode())
        location = deliveries[partner.name].add(planted.row, planted.plant, text_bytes)
        if planted.plant is not None:
            truth.add(_truth(partner, location, planted))
        written += text_bytes
        if written >= size_bytes:
            break
        if written - reported >= _REPORT_BYTES:
            reported = written
            report(written)
    report(written)


def _truth(partner: Partner, location: RowLocation, planted: Planted) -> dict[str, Any]:
    original = planted.original
    return {
        "partner": partner.name,
        "source_file": location.source_file,
        "source_row": location.source_row,
        "source_id": planted.row.id,
        "plant": planted.plant,
        "of_partner": original and original.partner,
        "of_source_id": original and original.source_id,
        "detail": planted.detail,
        "jaccard": planted.jaccard,
    }
