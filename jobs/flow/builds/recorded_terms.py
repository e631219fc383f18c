"""What a manifest records for the papers of a release: publisher, terms and licences."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.flow.builds.merge_inputs import Range
from jobs.flow.builds.merge_stage import MOST_LICENCES
from jobs.flow.params import BuildParams, PartnerParams
from jobs.flow.tasks.checkpoints import Checkpoint
from jobs.storage.manifests import JsonObject, Manifest, PartnerAccount


def recorded_publisher(params: BuildParams, before: Manifest) -> JsonObject:
    """Return the manifest's `publisher`, that of the release it extends if none is given now."""
    publisher = params.publisher or before.get("publisher")
    return {"publisher": publisher} if publisher else {}


def recorded_terms(
    partner: PartnerParams,
    merged: Sequence[tuple[Range, Checkpoint]],
    known: Sequence[PartnerAccount],
) -> JsonObject:
    """Return `terms` and `licences` of a partner's account, each if there are any.

    Args:
        partner: of the account.
        merged: each range of the build with the checkpoint of its merge.
        known: its accounts in the releases that the build takes files from.
    """
    terms = partner.terms.given
    found = {name for w, one in merged if w.partner == partner.name for name in one["licences"]}
    for account in known:
        found |= {account["licence"], *account.get("licences", [])}
    others = sorted(found - {partner.licence})[:MOST_LICENCES]
    return {
        **({"terms": terms} if terms else {}),
        **({"licences": others} if others else {}),
    }
