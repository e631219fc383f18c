"""Papers of a release, written together into a folder: equal releases, equal bytes."""

from __future__ import annotations

from pathlib import Path

from jobs.flow.papers.california import california_summary
from jobs.flow.papers.data_provenance import data_provenance
from jobs.flow.papers.eu_summary import crawled_domains, eu_summary, listed_domains
from jobs.flow.papers.ledger import Ledger, read_ledger
from jobs.flow.papers.paper import as_json, as_markdown
from jobs.flow.papers.quality_sheet import quality_sheet
from jobs.flow.papers.slsa import slsa_provenance
from jobs.flow.papers.spdx import spdx_document
from jobs.flow.releases.croissant import croissant
from jobs.flow.releases.described_files import release_page
from jobs.flow.releases.exports import new_folder
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.opened_release import OpenedRelease


def write_papers(
    release: OpenedRelease, to: Path, *, base_url: str | None = None, is_sme: bool = False
) -> list[Path]:
    """Write all papers of a release; return them.

    Args:
        release: to describe.
        to: a folder that is not there yet, or empty.
        base_url: where readers find the storage root over HTTP, or None.
        is_sme: whether the provider is small or medium-sized, which shortens the list of domains.

    Raises:
        ConfigError: the folder holds something, or `base_url` is no address over HTTP.
        DamagedRelease: a file is not what was published.
        StorageUnwritable: the folder cannot be written; it is removed.
    """
    files = papers(read_ledger(release), base_url=base_url, is_sme=is_sme)
    with new_folder(to) as folder:
        for name, body in files.items():
            (folder / name).write_bytes(body)
    return [to / name for name in files]


def papers(ledger: Ledger, *, base_url: str | None, is_sme: bool) -> dict[str, bytes]:
    """Return name and content of every paper.

    Args:
        ledger: of the release.
        base_url: where readers find the storage root over HTTP, or None.
        is_sme: whether the provider is small or medium-sized.
    """
    corpus, version = ledger.manifest["corpus"], ledger.manifest["version"]
    location = release_page(corpus, version, base_url) if base_url else None
    summary, california = eu_summary(ledger, is_sme=is_sme), california_summary(ledger)
    sheet = quality_sheet(ledger)
    return {
        "california-ab2013.json": as_json(california),
        "california-ab2013.md": as_markdown(california),
        "croissant.json": _croissant(ledger, base_url, location),
        "data-provenance.json": data_provenance(ledger, location=location),
        "domains.tsv": _domains(ledger, is_sme=is_sme),
        "eu-summary.json": as_json(summary),
        "eu-summary.md": as_markdown(summary),
        "quality-zh.json": as_json(sheet),
        "quality-zh.md": as_markdown(sheet),
        "slsa-provenance.json": slsa_provenance(ledger),
        "spdx.json": spdx_document(ledger, location=location),
    }


def _domains(ledger: Ledger, *, is_sme: bool) -> bytes:
    listed = listed_domains(crawled_domains(ledger), is_sme=is_sme)
    rows = [listed.column_names, *(row.values() for row in listed.to_pylist())]
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


# For loaders there is the one beside the release: it describes the columns of each file anew.
def _croissant(ledger: Ledger, base_url: str | None, location: str | None) -> bytes:
    locations = [
        FileLocation(url, url, entry["sha256"], entry["bytes"])
        for entry, address in zip(ledger.shards, ledger.locations, strict=True)
        for url in [f"{base_url.rstrip('/')}/{entry['key']}" if base_url else address]
    ]
    manifest, at = ledger.manifest, ledger.published_at
    return croissant(manifest, at, locations, url=location, has_records=False)
