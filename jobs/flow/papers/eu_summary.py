"""The EU's public summary of training content, as far as a corpus can say it.

Regulation (EU) 2024/1689, Article 53(1)(d); template of the Commission, C(2025) 5235 of 24 July
2025. Sections have the template's numbers. A provider of a model takes over what is said of the
corpus here, and adds what is said of the model and of itself.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.release.partner_terms import SourceKind
from jobs.flow.papers.ledger import Ledger
from jobs.flow.papers.paper import Paper, PaperTable, Section, Value
from jobs.flow.releases.licences import licences_of
from jobs.flow.releases.processing import (
    collection_period,
    legal_name,
    privacy_statement,
    processing_steps,
    rejections,
    term,
)

# Bounds of the number of tokens: a tokenizer that falls back to bytes makes at most one of each
# byte, and an entry of its vocabulary that stands for more than eight characters is rare.
_MOST_CHARS_OF_TOKEN = 8
_BINS = (
    (10**9, "less than 1 billion tokens"),
    (10**13, "1 billion to 10 trillion tokens"),
)
_LARGEST = "more than 10 trillion tokens"
_MOST_SME = 1000
_NOT_OF_CORPUS = "to be given by the provider of the model"
_CRAWLED = (SourceKind.CRAWLED, None)  # None: what kind a partner's source is was not given


def eu_summary(ledger: Ledger, *, is_sme: bool) -> Paper:
    """Return the summary.

    Args:
        ledger: of the release.
        is_sme: whether the shorter list of domains for small and medium-sized providers is wanted.
    """
    return Paper(
        f"Public summary of training content: {ledger.name}",
        "Regulation (EU) 2024/1689, Article 53(1)(d); template C(2025) 5235. Of a corpus, not of a "
        f"model: what only a provider knows is {_NOT_OF_CORPUS!r}.",
        (
            Section("1.1", "Identification of the provider", _provider(ledger)),
            Section("1.2", "Identification of the model", _model(ledger)),
            Section(
                "1.3", "Modalities, size and characteristics", _size(ledger), _languages(ledger)
            ),
            _sources(ledger, "2.1", "Publicly available datasets", SourceKind.PUBLIC_DATASET),
            _sources(ledger, "2.2.1", "Datasets licensed by rightsholders", SourceKind.LICENSED),
            _sources(ledger, "2.2.2", "Datasets of other third parties", SourceKind.THIRD_PARTY),
            _crawled(ledger, is_sme=is_sme),
            _sources(ledger, "2.4", "Data of users", SourceKind.USER_DATA),
            _sources(ledger, "2.5", "Synthetic data", SourceKind.SYNTHETIC),
            _sources(
                ledger,
                "2.6",
                "Other sources, and sources of a kind not given",
                SourceKind.OTHER,
                None,
            ),
            Section("3.1", "Respect of reservations of rights", _rights(ledger)),
            Section("3.2", "Removal of illegal content", _illegal(ledger)),
            Section(
                "3.3", "Other aspects of processing", {"steps": processing_steps(ledger.manifest)}
            ),
        ),
    )


def token_bin(characters: int, size_bytes: int) -> str | None:
    """Return the template's range of a text's tokens; None if it may be one of two.

    Args:
        characters: of the text.
        size_bytes: of the text, in UTF-8.
    """
    fewest, most = (_bin(tokens) for tokens in (characters // _MOST_CHARS_OF_TOKEN, size_bytes))
    return most if fewest == most else None


def _bin(tokens: int) -> str:
    return next((name for limit, name in _BINS if tokens < limit), _LARGEST)


def listed_domains(domains: pa.Table, *, is_sme: bool) -> pa.Table:
    """Return the domains that the template asks for: the top 10 % by volume.

    Of small and medium-sized providers the top 5 %, and at most 1,000.

    Args:
        domains: all of them, as `Ledger.domains` returns them.
        is_sme: whether the provider is small or medium-sized.
    """
    of = 20 if is_sme else 10
    count = -(-len(domains) // of)
    return domains.slice(0, min(count, _MOST_SME) if is_sme else count)


def crawled_domains(ledger: Ledger) -> pa.Table:
    """Return all domains of partners whose source is crawled, or of a kind that was not given."""
    return ledger.domains(_of_kinds(ledger, *_CRAWLED))


def _of_kinds(ledger: Ledger, *kinds: SourceKind | None) -> list[str]:
    """Return the partners whose source is of one of some kinds; None: of a kind not given."""
    return [
        name
        for name, account in ledger.partners.items()
        if account.get("terms", {}).get("source_kind") in kinds
    ]


def _provider(ledger: Ledger) -> dict[str, Value]:
    return {
        "provider": _NOT_OF_CORPUS,
        "publisher of the corpus": ledger.manifest.get("publisher"),
    }


def _model(ledger: Ledger) -> dict[str, Value]:
    return {
        "model": _NOT_OF_CORPUS,
        "corpus": ledger.name,
        "digest of the corpus (sha256)": ledger.digest,
        "published": ledger.published_at or None,
        "date of placement on the market": _NOT_OF_CORPUS,
    }


def _size(ledger: Ledger) -> dict[str, Value]:
    manifest = ledger.manifest
    _, latest = collection_period(*ledger.partners.values())
    size = token_bin(ledger.characters, manifest["content_bytes"])
    return {
        "modality": "text",
        "size": size or f"{ledger.characters:,} characters",
        "documents": manifest["documents"],
        "characters": ledger.characters,
        "bytes of UTF-8": manifest["content_bytes"],
        "type of content": [
            f"{one.name or 'tier not given'}: {one.documents:,} documents"
            for one in ledger.by("source_tier")
        ],
        "latest date of acquisition": latest,
        "trained on new data continuously": _NOT_OF_CORPUS,
        "years of publication": _span(ledger),
        "regions": sorted({one.name for one in ledger.by("region") if one.name}) or None,
    }


def _span(ledger: Ledger) -> str | None:
    years = sorted(one.name for one in ledger.by("year") if one.name)
    return f"{years[0]} to {years[-1]}" if years else None


def _languages(ledger: Ledger) -> PaperTable:
    rows = [[one.name, one.documents, one.characters] for one in ledger.by("language")]
    return PaperTable(("language", "documents", "characters"), rows)


def _sources(ledger: Ledger, number: str, title: str, *kinds: SourceKind | None) -> Section:
    """Return a section on the partners whose sources are of some kinds."""
    names = _of_kinds(ledger, *kinds)
    return Section(number, title, {"used": _is_used(ledger, names)}, _source_table(ledger, names))


def _source_table(ledger: Ledger, names: list[str]) -> PaperTable:
    header = ("source", "agreement", "licences", "collected in", "from", "to", "documents")
    return PaperTable(header, [_source(name, ledger) for name in names])


def _is_used(ledger: Ledger, names: list[str]) -> bool | None:
    """Return whether there are such sources; None if those not given may be."""
    return True if names else (None if _of_kinds(ledger, None) else False)


def _source(name: str, ledger: Ledger) -> list[Value]:
    account = ledger.partners[name]
    asked = ("country", "collected_from", "collected_to")
    return [
        legal_name(name, account),
        term(account, "agreement"),
        [one.name or "" for one in ledger.licences(name)] or licences_of(account),
        *(term(account, key) for key in asked),
        account["kept"],
    ]


def _crawled(ledger: Ledger, *, is_sme: bool) -> Section:
    names = _of_kinds(ledger, *_CRAWLED)
    accounts = [ledger.partners[name] for name in names]
    domains = ledger.domains(names)
    listed = listed_domains(domains, is_sme=is_sme)
    first, last = collection_period(*accounts)
    share = "5 %, at most 1,000" if is_sme else "10 %"
    values: dict[str, Value] = {
        "used": _is_used(ledger, _of_kinds(ledger, SourceKind.CRAWLED)),
        "crawlers, and how they behave": [
            f"{legal_name(name, ledger.partners[name])}: {term(ledger.partners[name], 'method')}"
            for name in names
        ],
        "collected from": first,
        "collected to": last,
        "domains": len(domains),
        "domains listed in domains.tsv": f"the top {share} by characters: {len(listed):,}",
        "documents without an address": sum(one["kept"] for one in accounts)
        - (pc.sum(domains["documents"]).as_py() or 0),
    }
    title = "Data crawled from online sources"
    return Section("2.3", title, values, _source_table(ledger, names))


def _rights(ledger: Ledger) -> dict[str, Value]:
    policy = ledger.manifest["parameters"].get("rights", {}).get("policy")
    reserved = [one.documents for one in ledger.by("rights") if one.name]
    rejected = rejections(ledger.manifest, "rights")
    return {
        "signatory of the code of practice": _NOT_OF_CORPUS,
        "opt-outs in headers and meta tags of pages": policy and f"policy: {policy}",
        "rows rejected for them": sum(rejected.values()) if policy else None,
        "documents whose pages say something": sum(reserved) if policy else None,
        "measures at collection": [
            f"{legal_name(name, account)}: {term(account, 'method')}"
            for name, account in ledger.partners.items()
        ],
    }


def _illegal(ledger: Ledger) -> dict[str, Value]:
    parameters = ledger.manifest["parameters"]
    sources = parameters.get("sources", {})
    signals = parameters.get("signals", {})
    lists, risks = signals.get("keywords", {}), signals.get("risks", {})
    return {
        "keyword lists (digests)": [f"{name}: {digest}" for name, digest in sorted(lists.items())],
        "library of risk keywords": [
            f"{name}: {value}"
            for name, value in sorted(risks.items())
            if isinstance(value, str | int)
        ]
        or None,
        "rows rejected by rules": [
            f"{reason}: {count:,}" for reason, count in rejections(ledger.manifest, "judge").items()
        ],
        "sources": sources.get("policy"),
        "share of flagged documents that excludes a site": sources.get("most_flagged")
        and str(sources["most_flagged"]),
        "rows rejected by their source": [
            f"{reason}: {count:,}"
            for reason, count in rejections(ledger.manifest, "sources").items()
        ],
        "private data": privacy_statement(ledger.manifest),
    }
