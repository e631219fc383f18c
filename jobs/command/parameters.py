"""From the checked configuration of a build to the frozen values the flow works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from jobs.command.release_settings import Takedown, TrainQuality
from jobs.command.schemas import from_plain
from jobs.command.settings import Benchmark, Build, Partner, Rules, conf_folder, storage_params
from jobs.corpus.contamination.benchmarks import BenchmarkParams, indexed_benchmarks
from jobs.corpus.dedup.banding import BandParams
from jobs.corpus.dedup.ranking import RankParams
from jobs.corpus.dedup.signatures import SignatureParams
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES
from jobs.corpus.release.loss_alarms import AlarmParams
from jobs.corpus.removal.repeated_lines import RepeatedLineParams
from jobs.corpus.removal.site_boilerplate import SiteBoilerplateParams
from jobs.corpus.repair.repairs import RepairParams
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.quality_model import QualityModel, read_model
from jobs.corpus.signals.rules import Rule, RuleParams
from jobs.errors import ConfigError, DeliveryError
from jobs.flow.analysis.quality_training import TrainingInputs
from jobs.flow.contamination.benchmark_files import BenchmarkSource, read_benchmark
from jobs.flow.params import BuildParams, PartnerParams, ShardParams
from jobs.on_ray.compute import ComputeParams
from jobs.storage.source_bytes import open_stream


def build_params(config: Build) -> BuildParams:
    """The frozen parameters of a build.

    Raises:
        ConfigError: a value that cannot work, named with what to do.
    """
    minhash, paragraphs = config.minhash, config.paragraphs
    endpoint_url = config.storage.endpoint_url
    return BuildParams(
        corpus=config.corpus.name,
        version=config.corpus.version,
        parent=config.corpus.parent,
        partners=tuple(_partner(name, given, config) for name, given in config.partners.items()),
        repeated_lines=RepeatedLineParams(
            is_on=paragraphs.repeated,
            min_chars=paragraphs.min_chars,
            min_times=paragraphs.min_times,
            min_pasted_chars=paragraphs.min_pasted_chars,
        ),
        site_boilerplate=SiteBoilerplateParams(
            paragraphs.site_boilerplate, paragraphs.min_documents, paragraphs.min_share
        ),
        signature=SignatureParams(minhash.num_perm, minhash.seed, minhash.shingle_chars),
        bands=BandParams(
            num_perm=minhash.num_perm,
            bands=minhash.bands,
            rows=minhash.rows,
            threshold=minhash.threshold,
            verify=minhash.verify,
            shingle_chars=minhash.shingle_chars,
        ),
        rank=RankParams(tuple(config.rank.prefer)),
        signals=replace(
            keyword_lists(config.signals.keywords or str(conf_folder() / "keywords")),
            quality=_model(config.quality.model, endpoint_url),
        ),
        rules=rule_params(config.rules),
        benchmarks=benchmark_params(config.benchmarks, endpoint_url),
        shards=_shards(config),
        alarms=_alarms(config),
        storage=storage_params(config.storage),
        compute=ComputeParams(
            config.compute.address, config.compute.workers, config.compute.task_memory_bytes
        ),
    )


def recorded_build(configuration: Mapping[str, Any], at: Takedown) -> BuildParams:
    """The parameters of a build from the configuration that the log has of it.

    Args:
        configuration: as the log has it.
        at: where the releases and deliveries are and tasks run now.

    Raises:
        ConfigError: a value that cannot work any more.
    """
    moved = at.deliveries or {}
    if not isinstance(moved, dict):
        raise ConfigError(f"deliveries={moved!r}: say whose, as deliveries={{NAME: 'PATH'}}")
    partners = {
        name: {**partner, "deliveries": moved.get(name, partner["deliveries"])}
        for name, partner in configuration["partners"].items()
    }
    now = {"storage": asdict(at.storage), "compute": asdict(at.compute), "partners": partners}
    # Alarms decide no row; builds of before there were any do not tell of them.
    shipped: Any = OmegaConf.load(conf_folder() / "build_defaults.yaml")
    limits = {**shipped.limits, **configuration["limits"]}
    quiet = {"alarms": shipped.alarms, **configuration, "limits": limits}
    return build_params(from_plain(Build, {**quiet, **now}))


def _columns(given: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of our name and the delivery's; the text is in `text` unless another is given."""
    return tuple(sorted({"text": "text", **given}.items()))


def _shards(config: Build) -> ShardParams:
    return ShardParams(
        input_bytes=config.shards.input_bytes,
        run_bytes=config.shards.run_bytes,
        group_documents=config.shards.group_documents,
        release_bytes=config.shards.release_bytes,
    )


def _alarms(config: Build) -> AlarmParams:
    if config.alarms not in {"stop", "warn"}:
        raise ConfigError(f"alarms={config.alarms!r}: choose stop or warn")
    limits = config.limits
    return AlarmParams(
        is_stopping=config.alarms == "stop",
        share=limits.alarm_share,
        reason_share=limits.alarm_reason_share,
        id_rows=limits.alarm_id_rows,
        rows=limits.alarm_rows,
    )


def rule_params(given: Rules) -> RuleParams:
    """The rules of a profile, in the order of its file.

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
    """The evaluation sets of these files, read and indexed.

    Raises:
        ConfigError: one cannot be read, or is laid out otherwise.
    """
    sources = (benchmark_source(name, one) for name, one in sorted(given.items()))
    return indexed_benchmarks([read_benchmark(one, endpoint_url=endpoint_url) for one in sources])


def benchmark_source(name: str, given: Benchmark) -> BenchmarkSource:
    """Where an evaluation set is and how it is read."""
    return BenchmarkSource(
        name=name,
        files=_patterns(given.files),
        format=given.format,
        columns=given.columns,
        each=given.each,
        version=given.version,
        licence=given.licence,
        policy=given.policy,
    )


def keyword_lists(folder: str) -> SignalParams:
    """The words of `FOLDER/CATEGORY.txt`, one a line; a line that begins with # is a comment.

    Raises:
        ConfigError: a list is missing or not UTF-8.
    """
    return SignalParams(
        tuple(_words(Path(folder) / f"{category}.txt") for category in KEYWORD_CATEGORIES),
        quality=None,
    )


def lesson(config: TrainQuality) -> TrainingInputs:
    """What a quality model is to learn from, and how it is read."""
    return TrainingInputs(
        positive=_patterns(config.positive),
        negative=_patterns(config.negative),
        reading=DeliveryParams(
            format=config.format,
            encoding=config.encoding,
            columns=_columns(config.columns),
            max_text_bytes=config.text_bytes,
            batch_bytes=config.batch_bytes,
            html=config.html,
        ),
        endpoint_url=config.endpoint_url,
    )


def _model(uri: str | None, endpoint_url: str | None) -> QualityModel | None:
    if uri is None:
        return None
    try:
        with open_stream(uri, endpoint_url=endpoint_url) as stream:
            return read_model(stream.read(), name=uri)
    except DeliveryError as error:
        raise ConfigError(
            f"quality.model={uri} cannot be read: give the file that heliu train-quality wrote"
        ) from error


def _words(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"signals.keywords: {path} cannot be read ({error}): give a folder with "
            f"{', '.join(f'{category}.txt' for category in KEYWORD_CATEGORIES)} in UTF-8"
        ) from error
    lines = {line.strip() for line in text.splitlines()}
    return tuple(sorted(line for line in lines if line and not line.startswith("#")))


def _partner(name: str, given: Partner, config: Build) -> PartnerParams:
    share = given.reject_share
    return PartnerParams(
        name=name,
        deliveries=_patterns(given.deliveries),
        reading=DeliveryParams(
            format=given.format,
            encoding=given.encoding,
            columns=_columns(given.columns),
            max_text_bytes=config.limits.text_bytes,
            batch_bytes=config.shards.batch_bytes,
            html=given.html,
            quoting=given.quoting,
        ),
        repair=_repair(given, config),
        licence=given.licence,
        priority=given.priority,
        reject_share=config.limits.reject_share if share is None else share,
        metadata=given.metadata,
        follow_links=given.follow_links,
    )


def _patterns(given: Any) -> tuple[str, ...]:
    """A path, pattern or URI, or a list of them."""
    return (given,) if isinstance(given, str) else tuple(given)


def _repair(given: Partner, config: Build) -> RepairParams:
    if given.script not in ("simplify", "keep"):
        raise ConfigError(f"script={given.script!r}: choose simplify or keep")
    skip = {*config.normalization.skip, *(["script"] if given.script == "keep" else [])}
    return RepairParams(tuple(sorted(skip)), config.normalization.lost_share)
