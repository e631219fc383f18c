"""From the checked configuration of a build to the frozen values the flow works with."""

from __future__ import annotations

from jobs.corpus.banding import BandParams
from jobs.corpus.boilerplate import BoilerplateParams
from jobs.corpus.paragraphs import RepeatParams
from jobs.corpus.ranking import RankParams
from jobs.corpus.rows import DeliveryParams
from jobs.corpus.signatures import SignatureParams
from jobs.flow.params import BuildParams, PartnerParams, ShardParams
from jobs.on_ray.compute import ComputeParams
from jobs.settings import Build, Partner, storage_params


def build_params(config: Build) -> BuildParams:
    """The frozen parameters of a build.

    Raises:
        ConfigError: a value that cannot work, named with what to do.
    """
    minhash, paragraphs = config.minhash, config.paragraphs
    return BuildParams(
        corpus=config.corpus.name,
        version=config.corpus.version,
        partners=tuple(_partner(name, given, config) for name, given in config.partners.items()),
        repeats=RepeatParams(
            is_on=paragraphs.repeated,
            min_chars=paragraphs.min_chars,
            min_times=paragraphs.min_times,
            min_pasted_chars=paragraphs.min_pasted_chars,
        ),
        boilerplate=BoilerplateParams(
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
        shards=ShardParams(
            input_bytes=config.shards.input_bytes,
            run_bytes=config.shards.run_bytes,
            group_documents=config.shards.group_documents,
            release_bytes=config.shards.release_bytes,
        ),
        storage=storage_params(config.storage),
        compute=ComputeParams(
            config.compute.address, config.compute.workers, config.compute.task_memory_bytes
        ),
    )


def _partner(name: str, given: Partner, config: Build) -> PartnerParams:
    deliveries = given.deliveries
    share = given.reject_share
    return PartnerParams(
        name=name,
        deliveries=(deliveries,) if isinstance(deliveries, str) else tuple(deliveries),
        reading=DeliveryParams(
            format=given.format,
            encoding=given.encoding,
            columns=tuple(sorted({"text": "text", **given.columns}.items())),
            max_text_bytes=config.limits.text_bytes,
            batch_bytes=config.shards.batch_bytes,
        ),
        licence=given.licence,
        priority=given.priority,
        reject_share=config.limits.reject_share if share is None else share,
        metadata=given.metadata,
    )
