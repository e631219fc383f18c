"""A partner of one text, and releases of it without documents: parents, as far as builds look."""

from __future__ import annotations

from pathlib import Path

from jobs.flow.builds.parent_release import open_parent
from jobs.flow.builds.publish_stage import candidate, publish_candidate
from jobs.flow.intake.plan import plan, with_digests
from jobs.flow.params import BuildParams
from jobs.storage.stores import open_store
from tests.builds import ABOUT, build_parameters, write_partner

PARTNER = "deliveries: {folder}/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2"


def parameters(folder: Path, *overrides: str) -> BuildParams:
    (folder / "a.jsonl").write_text('{"text": "床前明月光"}\n', encoding="utf-8")
    write_partner(folder, "gov", PARTNER.format(folder=folder))
    return build_parameters(folder, folder / "root", "partners=[gov]", *overrides)


def published(params: BuildParams) -> BuildParams:
    """A release without documents, as far as a build that extends it looks."""
    parent = open_parent(open_store(params.storage), params)
    manifest = candidate(with_digests(plan(params), params), [], [], params, parent=parent)
    publish_candidate(manifest, params, ABOUT)
    return params
