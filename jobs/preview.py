"""deliveries ─ preview ─▶ what they will yield, and mistakes in partner files. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import Build
from jobs.command.terminal import in_progress, is_json, say_json


@dataclass
class Settings(Build):
    """Keys of preview: those of a build, and how much is looked at."""

    format: str = MISSING
    sample_bytes: int = MISSING
    sample_files: int = MISSING


@verb("start", "what deliveries will yield, before they are built")
def main(config: Settings) -> None:
    """Look at the deliveries of each partner; end as a build would for the first mistake."""
    from jobs.command.parameters import build_params
    from jobs.command.previews import config_dir, end_for, report_next, report_preview
    from jobs.flow.intake.delivery_samples import SampleLimits
    from jobs.flow.intake.partner_preview import preview

    as_json = is_json(config.format)
    root = config.storage.root or "."  # nothing is read or written there
    given = replace(config, storage=replace(config.storage, root=root))
    params = build_params(given)
    sample = SampleLimits(config.sample_bytes, config.sample_files)
    found = []
    for partner in params.partners:
        with in_progress(f"reading samples of {partner.name} …"):
            found.append(preview(partner, params, sample))
        if not as_json:
            report_preview(found[-1])
    if as_json:
        say_json([asdict(one) for one in found])
    else:
        report_next(found, params.partners, config_dir(sys.argv))
    end_for(found)


if __name__ == "__main__":
    main()
