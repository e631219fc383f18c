"""Parameters of partners: how their files are read, what was agreed with them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from jobs.command.schemas import params_of
from jobs.command.settings import (
    Build,
    FileGroup,
    Partner,
)
from jobs.config_errors import KeyMissing, unknown_choice
from jobs.corpus.intake.formats import FORMATS
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.release.partner_terms import PartnerTerms
from jobs.corpus.repair.repairs import RepairParams
from jobs.errors import ConfigError
from jobs.flow.params import FileGroup as FileGroupParams
from jobs.flow.params import PartnerParams
from jobs.redaction import redacted, redacted_values


def partner_params(name: str, given: Partner, config: Build) -> PartnerParams:
    """Return the parameters of a partner.

    Args:
        name: of the partner.
        given: its file.
        config: of the build, for what the file leaves out.

    Raises:
        ConfigError: a value that cannot work.
    """
    share = given.reject_share
    return params_of(
        PartnerParams,
        given,
        name=name,
        groups=tuple(_groups(name, given, config)),
        is_skipping=_is_skipping(given.on_bad_file or config.on_bad_file),
        repair=_repair(given, config),
        licence=redacted(given.licence),
        reject_share=config.limits.reject_share if share is None else share,
        metadata=redacted_values(given.metadata),
        terms=_terms(name, given),
    )


def _terms(name: str, given: Partner) -> PartnerTerms:
    try:
        terms = params_of(PartnerTerms, given.terms)
    except ConfigError as error:
        raise ConfigError(f"partner {name}: {error}") from error
    return PartnerTerms(**redacted_values(terms.given))


def _groups(name: str, given: Partner, config: Build) -> Iterator[FileGroupParams]:
    """Yield the groups of a partner's files, by name; one without a name if it says none."""
    if given.groups and given.deliveries is not None:
        raise ConfigError(
            f"partner {name} has both deliveries and groups: move the deliveries to a group"
        )
    if not given.groups and given.deliveries is None:
        raise KeyMissing(f"partners/{name}.yaml does not say deliveries: give a path or pattern")
    groups: dict[str, Partner | FileGroup] = {"": given, **given.groups}
    for group in sorted(given.groups) or [""]:
        own = groups[group]
        said = {key: getattr(own, key) or getattr(given, key) for key in ("columns", "keep")}
        for key in ("format", "encoding", "html", "quoting"):
            value = getattr(own, key)
            said[key] = getattr(given, key) if value is None else value
        if said["format"] is None:
            raise KeyMissing(
                f"partners/{name}.yaml does not say {f'groups.{group}.' if group else ''}format: "
                f"choose one of {', '.join(FORMATS)}"
            )
        reading = delivery_params(
            SimpleNamespace(**said),
            keep=tuple(said["keep"]),
            max_text_bytes=config.limits.text_bytes,
            batch_bytes=config.shards.batch_bytes,
            lost_share=config.normalization.lost_share,
        )
        yield FileGroupParams(group, patterns(own.deliveries), reading)


def _is_skipping(on_bad_file: str) -> bool:
    if on_bad_file not in {"stop", "skip"}:
        raise unknown_choice("on_bad_file", on_bad_file, ("stop", "skip"))
    return on_bad_file == "skip"


def delivery_params(given: Any, **others: Any) -> DeliveryParams:
    """Return how to read files; without a mapping the text is in the column `text`.

    Args:
        given: a partner's file, or other keys of the same names.
        others: values of fields that are no keys there.
    """
    columns = tuple(sorted({"text": "text", **given.columns}.items()))
    return params_of(DeliveryParams, given, columns=columns, **{"keep": (), **others})


def patterns(given: Any) -> tuple[str, ...]:
    """Return a path, pattern or URI, or a list of them, as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given)


def _repair(given: Partner, config: Build) -> RepairParams:
    if given.script not in ("simplify", "keep"):
        raise unknown_choice("script", given.script, ("simplify", "keep"))
    skip = {*config.normalization.skip, *(["script"] if given.script == "keep" else [])}
    return RepairParams(tuple(sorted(skip)), config.normalization.lost_share)
