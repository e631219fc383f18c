"""Frozen parameters of the flow, made from a checked configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from jobs.command.conf_files import conf_folder
from jobs.command.partner_params import partner_params, patterns
from jobs.command.schemas import from_plain, keys_of, params_of
from jobs.command.settings import (
    Benchmark,
    Build,
    RuleProfile,
    Signals,
    Storage,
    storage_params,
)
from jobs.config_errors import InputUnreadable, UnknownKey, suggestion, unknown_choice
from jobs.corpus.contamination.benchmarks import BenchmarkParams, indexed_benchmarks
from jobs.corpus.contamination.items import Benchmark as EvaluationSet
from jobs.corpus.dedup.params import BandParams
from jobs.corpus.keywords.libraries import LibraryFile, RiskLibrary, read_library
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES
from jobs.corpus.release.alarm_params import AlarmParams
from jobs.corpus.removal.params import RepeatedLineParams, SiteBoilerplateParams
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.quality_model import QualityModel, read_model
from jobs.corpus.signals.rules import Rule, RuleParams
from jobs.corpus.sources.filters import OriginParams
from jobs.corpus.sources.registry import Registry, SourceParams, read_registry
from jobs.corpus.sources.rights_params import RightsParams
from jobs.corpus.sources.span import SpanParams
from jobs.errors import ConfigError, DeliveryError
from jobs.flow.contamination.benchmark_files import BenchmarkSource, read_benchmark
from jobs.flow.params import BuildParams
from jobs.storage.source_bytes import open_stream
from jobs.storage.sources import expand


def build_params(config: Build) -> BuildParams:
    """Return the frozen parameters of a build.

    Raises:
        ConfigError: a value that cannot work, with its key and what to do.
    """
    endpoint_url = config.storage.endpoint_url
    return BuildParams(
        corpus=config.corpus.name,
        version=config.corpus.version,
        parent=config.corpus.parent,
        publisher=config.corpus.publisher or None,
        partners=tuple(
            partner_params(name, given, config) for name, given in config.partners.items()
        ),
        repeated_lines=params_of(RepeatedLineParams, config.paragraphs),
        site_boilerplate=params_of(SiteBoilerplateParams, config.paragraphs),
        bands=_bands(config),
        signals=replace(
            keyword_lists(config.signals.keywords or str(conf_folder() / "keywords")),
            quality=_model(config.quality.model, endpoint_url),
            risks=_risk_library(config.signals, endpoint_url),
        ),
        rules=rule_params(config.rules),
        benchmarks=benchmark_params(config.benchmarks, endpoint_url),
        origin=OriginParams(
            params_of(
                SourceParams,
                config.sources,
                registry=_registry(config.sources.registry, endpoint_url),
            ),
            _span(config.span),
            params_of(RightsParams, config.rights),
        ),
        alarms=params_of(AlarmParams, config.limits, is_stopping=_is_stopping(config.alarms)),
        storage=storage_params(config.storage),
        **_own_groups(config),
    )


def _bands(config: Build) -> BandParams:
    """Return how duplicates are found; what it names are partners of this build or its parent's."""
    bands = params_of(BandParams, config.minhash)
    known = config.partners if not config.corpus.parent else {}
    for name in {*bands.exempt, *bands.own_thresholds} - known.keys() if known else ():
        raise unknown_choice("minhash.exempt and minhash.thresholds", name, known)
    return bands


def _own_groups(config: Build) -> dict[str, Any]:
    """Return the fields of BuildParams that a group of keys of their own name sets."""
    groups = keys_of(Build)
    return {
        one.name: params_of(kind.sets[0], getattr(config, one.name))
        for one in fields(BuildParams)
        if (kind := groups.get(one.name)) and hasattr(kind, "sets")
    }


def recorded_build(
    configuration: Mapping[str, Any], *, storage: Storage, compute: Any, deliveries: Any
) -> BuildParams:
    """Return the parameters of a build from the configuration that the log has of it.

    Args:
        configuration: as recorded.
        storage: where the releases are now.
        compute: where tasks run now: the group `compute`.
        deliveries: where the deliveries of partners are now, by partner; None where all are in
            their recorded places.

    Raises:
        ConfigError: a value that cannot work any more.
    """
    places = deliveries or {}
    if not isinstance(places, dict):
        raise ConfigError(
            f"deliveries={places!r}: name the partner, as deliveries={{NAME: 'PATH'}}"
        )
    partners = {
        name: _relocated(name, partner, places[name]) if name in places else partner
        for name, partner in configuration["partners"].items()
    }
    now = {"storage": asdict(storage), "compute": asdict(compute), "partners": partners}
    # Alarms decide no row; configurations recorded before there were any lack them.
    shipped: Any = OmegaConf.load(conf_folder() / "build_defaults.yaml")
    limits = {**shipped.limits, **configuration["limits"]}
    demands = OmegaConf.to_container(shipped.acceptance)
    added = {
        **{name: shipped[name] for name in ("alarms", "on_bad_file", "progress")},
        "acceptance": demands,
    }
    recorded = {**added, **configuration, "limits": limits}
    return build_params(from_plain(Build, {**recorded, **now}))


def _relocated(name: str, partner: Mapping[str, Any], place: Any) -> dict[str, Any]:
    """Return the recorded configuration of a partner whose deliveries are elsewhere now."""
    groups = partner.get("groups") or {}
    if not groups:
        return {**partner, "deliveries": place}
    if not isinstance(place, dict) or set(place) - set(groups):
        known = ", ".join(groups)
        raise ConfigError(
            f"deliveries of {name}: {place!r}: it has groups of files, give "
            f"deliveries={{{name}: {{GROUP: 'PATH'}}}} for some of {known}"
        )
    now = {
        group: {**given, "deliveries": place.get(group, given["deliveries"])}
        for group, given in groups.items()
    }
    return {**partner, "groups": now}


def _is_stopping(alarms: str) -> bool:
    if alarms not in {"stop", "warn"}:
        raise unknown_choice("alarms", alarms, ("stop", "warn"))
    return alarms == "stop"


def rule_params(given: RuleProfile) -> RuleParams:
    """Return the rules of a profile, in the order of its file.

    Raises:
        ConfigError: an unknown signal or operator.
    """
    rules = (
        Rule(
            reason=reason,
            signal=rule.signal,
            operator=rule.operator,
            value=rule.value,
            spared_partners=tuple(sorted(rule.unless.partners)),
            spared_sites=tuple(sorted(rule.unless.sites)),
        )
        for reason, rule in given.reject.items()
    )
    return RuleParams(given.profile, given.source, tuple(rules))


def benchmark_params(given: Mapping[str, Benchmark], endpoint_url: str | None) -> BenchmarkParams:
    """Return the evaluation sets of these files, read and indexed.

    Raises:
        ConfigError: one cannot be read, or is laid out otherwise.
    """
    return indexed_benchmarks(read_benchmarks(given, endpoint_url))


def read_benchmarks(
    given: Mapping[str, Benchmark], endpoint_url: str | None
) -> list[EvaluationSet]:
    """Return the evaluation sets of these files with their items, by name.

    Raises:
        ConfigError: one cannot be read, or is laid out otherwise.
    """
    sources = (benchmark_source(name, one) for name, one in sorted(given.items()))
    return [read_benchmark(one, endpoint_url=endpoint_url) for one in sources]


def benchmark_source(name: str, given: Benchmark) -> BenchmarkSource:
    """Return where an evaluation set is and how to read it."""
    return BenchmarkSource(
        name=name,
        files=patterns(given.files),
        format=given.format,
        columns=given.columns,
        each=given.each,
        version=given.version,
        licence=given.licence,
        policy=given.policy,
    )


def keyword_lists(folder: str) -> SignalParams:
    """Return the keywords of `FOLDER/CATEGORY.txt`, one a line; lines with # first are comments.

    Raises:
        ConfigError: a list is missing or not UTF-8.
    """
    return SignalParams(
        tuple(_keywords(Path(folder) / f"{category}.txt") for category in KEYWORD_CATEGORIES),
        quality=None,
    )


def _risk_library(given: Signals, endpoint_url: str | None) -> RiskLibrary | None:
    if not given.risk_keywords:
        return None
    words, exceptions = (
        _library_files(named, endpoint_url)
        for named in (given.risk_keywords, given.risk_exceptions or ())
    )
    return read_library(words, exceptions, version=given.risk_version)


def _library_files(named: Any, endpoint_url: str | None) -> list[LibraryFile]:
    named = patterns(named)
    try:
        files = expand(named, partner="risk_keywords", endpoint_url=endpoint_url, follow_links=True)
        return [LibraryFile(file.name, _body(file.uri, endpoint_url)) for file in files]
    except DeliveryError as error:
        raise ConfigError(
            f"signals.risk_keywords: {', '.join(named)}: no file there can be read: give a path, "
            "pattern or URI of files"
        ) from error


def _body(uri: str, endpoint_url: str | None) -> bytes:
    with open_stream(uri, endpoint_url=endpoint_url) as stream:
        return stream.read()


def _model(uri: str | None, endpoint_url: str | None) -> QualityModel | None:
    if uri is None:
        return None
    try:
        with open_stream(uri, endpoint_url=endpoint_url) as stream:
            return read_model(stream.read(), name=uri)
    except DeliveryError as error:
        raise InputUnreadable(
            f"quality.model={uri} cannot be read: give the file that heliu train-quality wrote"
        ) from error


def _span(given: Mapping[str, str | None]) -> SpanParams:
    """Return the span; `from` is a word of Python, so no class can declare these keys."""
    fields_of = {"from": "first", "to": "last", "missing": "missing"}
    for key in given.keys() - fields_of.keys():
        raise UnknownKey(f"there is no key span.{key}{suggestion(key, fields_of)}")
    return SpanParams(**{fields_of[key]: value for key, value in given.items()})  # type: ignore[arg-type]


def _registry(uri: str | None, endpoint_url: str | None) -> Registry | None:
    if uri is None:
        return None
    try:
        with open_stream(uri, endpoint_url=endpoint_url) as stream:
            return read_registry(stream, name=uri)
    except DeliveryError as error:
        raise InputUnreadable(
            f"sources.registry={uri} cannot be read: give a TSV or Parquet file that is there"
        ) from error


def _keywords(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputUnreadable(
            f"signals.keywords: {path} cannot be read ({error}): give a folder with "
            f"{', '.join(f'{category}.txt' for category in KEYWORD_CATEGORIES)} in UTF-8"
        ) from error
    lines = {line.strip() for line in text.splitlines()}
    return tuple(sorted(line for line in lines if line and not line.startswith("#")))
