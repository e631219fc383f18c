"""Papers: valid by their standards, with the numbers of the release, and nothing that is gone."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from jsonschema import Draft202012Validator
from spdx_python_model import v3_0_1 as spdx

import heliu
from jobs.errors import ConfigError, DamagedRelease
from jobs.flow.papers.california import california_summary
from jobs.flow.papers.eu_summary import listed_domains, token_bin
from jobs.flow.papers.ledger import Ledger, read_ledger
from jobs.flow.papers.papers import papers, write_papers
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.processing import NOT_GIVEN
from tests.papers import GONE, TERMS, papers_corpus, redacted
from tests.takedowns import Built, copied

FIXTURE = Path(__file__).parents[3] / "fixtures" / "release" / "root"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return papers_corpus(tmp_path_factory.mktemp("papers"))


@pytest.fixture(scope="module")
def ledger(corpus: Built) -> Ledger:
    return read_ledger(corpus.opened("1.0.0"))


@pytest.fixture(scope="module", params=["new", "old", "redacted", "takedown"])
def any_ledger(
    request: pytest.FixtureRequest, corpus: Built, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    if request.param == "new":
        return read_ledger(corpus.opened("1.0.0"))
    if request.param == "old":
        return read_ledger(heliu.open_release(str(FIXTURE)))
    there = copied_with_sources(corpus, tmp_path_factory.mktemp("papers-redacted"))
    release = redacted(there)
    return read_ledger(release if request.param == "redacted" else there.opened("1.0.1"))


def copied_with_sources(corpus: Built, folder: Path) -> Built:
    shutil.copy(corpus.folder / "sources.tsv", folder)
    return copied(corpus, folder)


def written(ledger: Ledger, **how: Any) -> dict[str, bytes]:
    return papers(ledger, **{"base_url": None, "is_sme": False, **how})


def loaded(files: dict[str, bytes], name: str) -> Any:
    return json.loads(files[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("any_ledger", ["old", "takedown"], indirect=True)
def test_croissant_passes_its_validator(any_ledger: Ledger, tmp_path: Path) -> None:
    import mlcroissant  # a second

    path = tmp_path / "croissant.json"
    path.write_bytes(written(any_ledger)["croissant.json"])
    metadata = mlcroissant.Dataset(jsonld=path).metadata
    assert not metadata.ctx.issues.errors
    assert metadata.ctx.is_v1_1()
    described = json.loads(path.read_bytes())
    entities = described["prov:wasDerivedFrom"]
    parent = any_ledger.manifest.get("parent")
    assert len(entities) == len(any_ledger.partners) + bool(parent)
    assert not parent or entities[-1]["sha256"] == parent["digest"]
    assert metadata.data_preprocessing_protocol == described["rai:dataPreprocessingProtocol"]


def test_spdx_passes_the_model_of_its_standard(any_ledger: Ledger) -> None:
    known = _spdx(loaded(written(any_ledger), "spdx.json"))
    (dataset,) = known.foreach_type(spdx.dataset_DatasetPackage)
    assert dataset.software_packageVersion == any_ledger.manifest["version"]
    assert dataset.dataset_datasetSize == sum(one["bytes"] for one in any_ledger.shards)
    files = list(known.foreach_type(spdx.software_File))
    assert len(files) == len(any_ledger.shards)


def _spdx(document: Any) -> Any:
    """What a document says; raise for a wrong type or a missing required value."""
    found = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().deserialize_data(document, found)
    parent = {
        one["externalSpdxId"] for element in document["@graph"] for one in element.get("import", ())
    }
    assert found.missing_ids <= parent
    spdx.JSONLDSerializer().write(found, io.BytesIO())
    return found


def test_spdx_without_what_it_requires_is_noticed(ledger: Ledger) -> None:
    document = loaded(written(ledger), "spdx.json")
    for element in document["@graph"]:
        element.pop("dataset_datasetType", None)
    with pytest.raises(ValueError, match="dataset_datasetType"):
        _spdx(document)


def test_slsa_provenance_passes_in_toto_and_names_every_delivered_file(any_ledger: Ledger) -> None:
    document = loaded(written(any_ledger), "slsa-provenance.json")
    statement = ParseDict(document, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    predicate = ParseDict(document["predicate"], provenance_pb2.Provenance())
    dependencies = predicate.build_definition.resolved_dependencies
    for one in dependencies:
        ResourceDescriptor.copy_from_pb(one).validate()
    assert document["subject"][0]["digest"] == {"sha256": any_ledger.digest}
    inputs = {(one["partner"], one["file"]): one for one in any_ledger.manifest["inputs"]}
    named = {one.name: one.digest for one in dependencies}
    for (partner, file), one in inputs.items():
        assert named[f"{partner}/{file}"] == {"xxh3_128": one["xxh3_128"]}


_NAMES = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_NAMED = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
}
_CODED = {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["code"]}}
DATA_PROVENANCE = {
    "type": "object",
    "required": ["source", "provenance", "use"],
    "properties": {
        "source": {
            "required": ["version", "title", "id", "issuer", "description"],
            "properties": {"issuer": _NAMED, "title": {"type": "string"}},
        },
        "provenance": {
            "required": ["origin-geography", "date", "generation-method"],
            "properties": {
                "source": {"type": "string"},
                "origin": _NAMED,
                "origin-geography": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["country"]},
                },
                "generation-method": _CODED,
                "generation-period": {"type": "object"},
                "format": _NAMES,
            },
        },
        "use": {
            "required": ["intended-purpose"],
            "properties": {
                "intended-purpose": _CODED,
                "consents": _NAMES,
                "license": _NAMES,
                "classification": {
                    "type": "array",
                    "items": {"type": "object", "required": ["regulation", "evaluated"]},
                },
            },
        },
    },
}
"""What data provenance metadata 1.0.0 requires, and the types of what is written."""


def test_data_provenance_has_what_its_standard_requires(any_ledger: Ledger) -> None:
    document = loaded(written(any_ledger), "data-provenance.json")
    Draft202012Validator(DATA_PROVENANCE).validate(document)
    assert document["source"]["id"].endswith(any_ledger.digest)


def test_summaries_have_the_sections_of_their_laws(any_ledger: Ledger) -> None:
    files = written(any_ledger)
    eu, california = (loaded(files, f"{n}.json") for n in ("eu-summary", "california-ab2013"))
    first = ["1.1", "1.2", "1.3", "2.1", "2.2.1", "2.2.2", "2.3", "2.4", "2.5", "2.6"]
    assert [*eu["sections"]] == [*first, "3.1", "3.2", "3.3"]
    assert [*california["sections"]] == [str(number) for number in range(1, 13)]
    for document in (eu, california):
        shown = json.dumps(document)
        assert "null" not in shown
        assert "None" not in shown
        for section in document["sections"].values():
            assert section["values"] or "rows" in section
    assert eu["sections"]["1.3"]["values"]["documents"] == any_ledger.manifest["documents"]


def _changed(ledger: Ledger, change: Callable[[dict[str, Any]], object]) -> Ledger:
    manifest = json.loads(json.dumps(ledger.manifest))
    change(manifest)
    return replace(ledger, manifest=manifest)


def _more_documents(manifest: dict[str, Any]) -> None:
    manifest["documents"] = 987_654


def _more_bytes(manifest: dict[str, Any]) -> None:
    manifest["content_bytes"] = 987_654


def _more_kept(manifest: dict[str, Any]) -> None:
    manifest["partners"]["gov"]["kept"] = 987_654


def _more_dropped(manifest: dict[str, Any]) -> None:
    manifest["partners"]["gov"]["reasons"]["dedup/near_duplicate"] = 987_654


def _more_private(manifest: dict[str, Any]) -> None:
    manifest["private_data"]["gov"]["mobile"]["values"] = 987_654


def _other_input(manifest: dict[str, Any]) -> None:
    manifest["inputs"][0]["bytes"] = 987_654


TEXTS = {"california-ab2013", "croissant", "data-provenance", "eu-summary", "quality-zh"}


@pytest.mark.parametrize(
    ("change", "shown_in"),
    [
        (_more_documents, {*TEXTS, "spdx"}),
        (_more_bytes, {"california-ab2013", "eu-summary", "quality-zh"}),
        (_more_kept, {"california-ab2013", "croissant", "eu-summary", "quality-zh"}),
        (_more_dropped, {*TEXTS, "spdx"}),
        (_more_private, {*TEXTS, "spdx"}),
        (_other_input, {"slsa-provenance"}),
    ],
)
def test_numbers_are_those_of_the_manifest(
    ledger: Ledger, change: Callable[[dict[str, Any]], object], shown_in: set[str]
) -> None:
    assert not _papers_with(ledger)
    assert _papers_with(_changed(ledger, change)) == shown_in


def _papers_with(ledger: Ledger) -> set[str]:
    number = re.compile(rb"987,?654")
    return {name.partition(".")[0] for name, body in written(ledger).items() if number.search(body)}


def test_amounts_are_those_of_the_documents(ledger: Ledger, corpus: Built) -> None:
    rows = corpus.opened("1.0.0").dataset().to_table().to_pylist()
    values = loaded(written(ledger), "eu-summary.json")["sections"]["1.3"]["values"]
    assert values["characters"] == sum(row["content_chars"] for row in rows)
    found = {one.name: one.documents for one in ledger.by("source_tier")}
    assert found == {"key_news_site": 2, None: len(rows) - 2}
    domains = {one["domain"]: one["documents"] for one in ledger.domains(["news"]).to_pylist()}
    assert domains == {"news.example": 2, GONE: 2, "forum.example": 2}
    listed = written(ledger)["domains.tsv"].decode().splitlines()
    first = ledger.domains(["gov", "news"]).to_pylist()[0]  # what news is was not given
    assert listed == ["domain\tdocuments\tcharacters", "\t".join(map(str, first.values()))]


def test_terms_are_said_and_what_is_not_given_is_said_so(ledger: Ledger) -> None:
    files = written(ledger)
    sections = loaded(files, "eu-summary.json")["sections"]
    (gov, news) = loaded(files, "california-ab2013.json")["sections"]["6"]["rows"]
    assert (gov["source or owner"], gov["agreement"]) == (TERMS["legal_name"], "合同 2023-017")
    assert (news["source or owner"], news["agreement"]) == ("news", "not given")
    assert sections["1.1"]["values"]["publisher of the corpus"] == "某语料库有限公司"
    assert sections["2.3"]["values"]["collected from"] == "not given"  # of news it is not
    assert "未提供" in files["quality-zh.md"].decode()


def test_nothing_that_is_said_is_markup(ledger: Ledger) -> None:
    for name, body in written(ledger).items():
        if name.endswith(".md"):
            text = body.decode()
            assert "<script" not in text
            assert "*粗体*" not in text.replace(r"\*粗体\*", "")
            assert all(line.count("|") > 2 for line in text.splitlines() if line.startswith("| "))


def test_equal_releases_have_equal_papers(corpus: Built, ledger: Ledger, tmp_path: Path) -> None:
    release = corpus.opened("1.0.0")
    paths = write_papers(release, tmp_path / "a")
    again = write_papers(release, tmp_path / "b")
    assert [path.name for path in paths] == sorted(written(ledger))
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    with pytest.raises(ConfigError, match="not empty"):
        write_papers(release, tmp_path / "a")


def test_papers_for_readers_over_http_say_where(ledger: Ledger) -> None:
    files = written(ledger, base_url="https://bucket.example/r/")
    page = "https://bucket.example/r/demo/releases/1.0.0/README.md"
    assert loaded(files, "croissant.json")["url"] == page
    assert loaded(files, "data-provenance.json")["source"]["location"] == page
    with pytest.raises(ConfigError, match="base_url"):
        written(ledger, base_url="s3://bucket/r")


def test_papers_name_nothing_that_was_taken_down(corpus: Built, tmp_path: Path) -> None:
    there = copied_with_sources(corpus, tmp_path)
    before = written(read_ledger(there.opened("1.0.0")))
    assert any(GONE.encode() in body for body in before.values())
    release = redacted(there)
    for one in (release, there.opened("1.0.1")):
        ledger = read_ledger(one)
        files = written(ledger)
        assert not [name for name, body in files.items() if GONE.encode() in body]
        left = len(one.dataset().to_table())
        assert loaded(files, "eu-summary.json")["sections"]["1.3"]["values"]["documents"] == left
        account = ledger.manifest["partners"]["news"]
        numbers = [account[name] for name in ("kept", "dropped", "rejected")]
        assert sum(numbers) == account["delivered"]
        assert account["dropped"] + account["rejected"] == sum(account["reasons"].values())


def test_damaged_file_makes_no_paper(corpus: Built, tmp_path: Path) -> None:
    there = copied_with_sources(corpus, tmp_path)
    release: OpenedRelease = there.opened("1.0.0")
    Path(release.files()[0]).write_bytes(b"PAR1")
    with pytest.raises(DamagedRelease, match="not what was published"):
        write_papers(release, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("characters", "size_bytes", "name"),
    [
        (0, 0, "less than 1 billion tokens"),
        (10**8, 3 * 10**8, "less than 1 billion tokens"),
        (10**9, 3 * 10**9, None),
        (8 * 10**9, 24 * 10**9, "1 billion to 10 trillion tokens"),
        (280 * 10**9, 850 * 10**9, "1 billion to 10 trillion tokens"),
        (4 * 10**12, 10**13, None),
        (8 * 10**13, 24 * 10**13, "more than 10 trillion tokens"),
    ],
)
def test_size_is_in_the_bins_of_the_template(
    characters: int, size_bytes: int, name: str | None
) -> None:
    assert token_bin(characters, size_bytes) == name


@pytest.mark.parametrize(
    ("domains", "listed", "of_sme"),
    [(0, 0, 0), (1, 1, 1), (10, 1, 1), (11, 2, 1), (30_000, 3000, 1000)],
)
def test_domains_listed_are_the_top_tenth(domains: int, listed: int, of_sme: int) -> None:
    all_of_them = pa.table({"domain": range(domains)})
    for is_sme, count in ((False, listed), (True, of_sme)):
        assert listed_domains(all_of_them, is_sme=is_sme) == all_of_them.slice(0, count)


def test_time_of_publishing_is_in_utc(ledger: Ledger) -> None:
    times = ("2023-11-29T08:00:00+08:00", "2023-11-29T00:00:00", "")
    found = [replace(ledger, published_at=one).published_utc for one in times]
    assert found == ["2023-11-29T00:00:00Z", "2023-11-29T00:00:00Z", None]


@pytest.mark.parametrize(
    ("licences", "claimed"),
    [(["CC0-1.0"], True), (["CC0-1.0", "MIT"], NOT_GIVEN), (["MIT"], NOT_GIVEN)],
)
def test_public_domain_is_claimed_of_the_whole_alone(
    ledger: Ledger, licences: list[str], claimed: object
) -> None:
    partner = next(iter(ledger.partners))
    ones = [1] * len(licences)
    columns = {"partner": [partner] * len(licences), "licence": licences}
    rows = pa.table({**columns, "documents": ones, "characters": ones})
    given = replace(ledger, amounts={**ledger.amounts, ("partner", "licence"): rows})
    (section,) = [one for one in california_summary(given).sections if one.number == "5"]
    assert section.values["entirely in the public domain"] == claimed


def test_a_kind_of_source_that_was_not_given_may_be_synthetic(ledger: Ledger) -> None:
    partners = {name: {**one, "terms": {}} for name, one in ledger.manifest["partners"].items()}
    given = replace(ledger, manifest={**ledger.manifest, "partners": partners})
    (section,) = [one for one in california_summary(given).sections if one.number == "12"]
    assert section.values["used"] is None
