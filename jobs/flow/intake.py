"""The plan of a build: which delivered files there are, and which task reads which of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from jobs.corpus.canonical import folding_digest
from jobs.corpus.deliveries import require_text
from jobs.flow.marked import code_digest
from jobs.flow.params import BuildParams, PartnerParams
from jobs.storage.manifests import fingerprint
from jobs.storage.sources import SourceFile, digest, expand, open_random, open_stream


@dataclass(frozen=True)
class Delivered:
    """One delivered file and the xxh3-128 of its bytes as delivered."""

    source: SourceFile
    digest: str


@dataclass(frozen=True)
class InputShard:
    """What one normalize task reads: files of one partner, in order.

    Attributes:
        partner: Whose files.
        files: Sorted by name; their rows are numbered through.
        key: Fingerprint of the files, how they are read and what is computed from them.
    """

    partner: PartnerParams
    files: tuple[Delivered, ...]
    key: str


def plan(params: BuildParams) -> list[InputShard]:
    """The input shards of a build, sorted by partner and file.

    Every partner's first file is opened, so that a wrong pattern, format or column ends the build
    before it begins.

    Raises:
        DeliveryMissing: a pattern matches no file.
        DeliveryUnreadable: a first file is not what the partner's `format` says.
        TextColumnMissing: a first file lacks the text column.
    """
    endpoint_url = params.storage.endpoint_url
    partners = sorted(params.partners, key=lambda partner: partner.name)
    files = {partner.name: _files(partner, endpoint_url) for partner in partners}
    return [
        InputShard(partner, pack, _shard_key(partner, pack, params))
        for partner in partners
        for pack in _packs(files[partner.name], params.shards.input_bytes)
    ]


def _files(partner: PartnerParams, endpoint_url: str | None) -> list[Delivered]:
    sources = expand(partner.deliveries, partner=partner.name, endpoint_url=endpoint_url)
    first = next((source for source in sources if source.size_bytes), None)
    if first is not None:
        opened = open_random if partner.reading.format == "parquet" else open_stream
        with opened(first.uri, endpoint_url=endpoint_url) as stream:
            require_text(stream, source_file=first.uri, params=partner.reading)
    with ThreadPoolExecutor() as pool:
        digests = pool.map(lambda source: digest(source.uri, endpoint_url=endpoint_url), sources)
        return [Delivered(*pair) for pair in zip(sources, digests, strict=True)]


def _packs(files: Iterable[Delivered], input_bytes: int) -> Iterator[tuple[Delivered, ...]]:
    pack: list[Delivered] = []
    size = 0
    for file in files:
        if pack and size + file.source.size_bytes > input_bytes:
            yield tuple(pack)
            pack, size = [], 0
        pack.append(file)
        size += file.source.size_bytes
    if pack:
        yield tuple(pack)


def _shard_key(partner: PartnerParams, pack: tuple[Delivered, ...], params: BuildParams) -> str:
    names = [(file.source.name, file.digest) for file in pack]
    how = (
        partner.reading,
        params.repeats,
        params.boilerplate.is_on,
        params.signature,
        params.shards.run_bytes,
    )
    return fingerprint(partner.name, how, names, code_digest(), folding_digest())
