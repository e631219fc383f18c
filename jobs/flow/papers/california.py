"""California's documentation of training data: AB 2013, Civil Code section 3111(a)(1) to (12)."""

from __future__ import annotations

from jobs.corpus.release.partner_terms import SourceKind
from jobs.flow.papers.ledger import Ledger
from jobs.flow.papers.paper import Paper, PaperTable, Section, Value
from jobs.flow.releases.processing import (
    NOT_GIVEN,
    collection_period,
    legal_name,
    privacy_statement,
    processing_steps,
    term,
)

_PUBLIC_DOMAIN = frozenset({"cc0-1.0", "pddl", "pddl-1.0", "public domain", "公有领域"})
_NOT_OF_CORPUS = "to be given by the developer of the system"


def california_summary(ledger: Ledger) -> Paper:
    """Return the summary; what only the developer of a system knows is said to be so."""
    manifest, first_last = ledger.manifest, collection_period(*ledger.partners.values())
    steps = processing_steps(manifest)
    return Paper(
        f"Documentation of training data: {ledger.name}",
        "California Civil Code, section 3111, subdivision (a) (AB 2013). Of a corpus: the "
        "developer of a system adds what the corpus does not know.",
        (
            Section("1", "Sources or owners of the datasets", table=_owners(ledger)),
            Section("2", "How the datasets further the intended purpose", _purpose(ledger)),
            Section("3", "Number of data points", _numbers(ledger)),
            Section("4", "Types of data points", {"type": "documents: text with metadata"}),
            Section("5", "Intellectual property", _property(ledger)),
            Section("6", "Whether purchased or licensed", table=_licensed(ledger)),
            Section("7", "Personal information", {"statement": privacy_statement(manifest)}),
            Section("8", "Aggregate consumer information", {"statement": None}),
            Section("9", "Cleaning, processing and modification", {"steps": steps}),
            Section("10", "Time of collection", _period(*first_last)),
            Section("11", "Dates of first use", {"first used": _NOT_OF_CORPUS}),
            Section("12", "Synthetic data generation", {"used": _is_synthetic(ledger)}),
        ),
    )


def _owners(ledger: Ledger) -> PaperTable:
    rows: list[list[Value]] = [
        [legal_name(name, account), name, account["kept"]]
        for name, account in ledger.partners.items()
    ]
    return PaperTable(("source or owner", "called", "documents"), rows)


def _purpose(ledger: Ledger) -> dict[str, Value]:
    uses = [
        f"{legal_name(name, account)}: {term(account, 'allowed_use')}"
        for name, account in ledger.partners.items()
    ]
    return {"purpose of the system": _NOT_OF_CORPUS, "allowed uses of the datasets": uses}


def _numbers(ledger: Ledger) -> dict[str, Value]:
    return {
        "documents": ledger.manifest["documents"],
        "characters": ledger.characters,
        "bytes of UTF-8": ledger.manifest["content_bytes"],
    }


def _licence_names(ledger: Ledger) -> list[str]:
    return sorted({one.name or "" for name in ledger.partners for one in ledger.licences(name)})


def _property(ledger: Ledger) -> dict[str, Value]:
    names = _licence_names(ledger)
    is_free = bool(names) and all(name.lower() in _PUBLIC_DOMAIN for name in names)
    return {
        "licences": names,
        "entirely in the public domain": True if is_free else NOT_GIVEN,
        "protected by copyright": False if is_free else NOT_GIVEN,
        "protected by trademark or patent": None,
    }


def _licensed(ledger: Ledger) -> PaperTable:
    rows: list[list[Value]] = [
        [
            legal_name(name, account),
            [one.name or "" for one in ledger.licences(name)],
            term(account, "agreement"),
            term(account, "source_kind"),
        ]
        for name, account in ledger.partners.items()
    ]
    return PaperTable(("source or owner", "licences", "agreement", "kind of source"), rows)


def _period(first: str, last: str) -> dict[str, Value]:
    return {"from": first, "to": last, "collection is ongoing": None}


def _is_synthetic(ledger: Ledger) -> Value:
    kinds = {term(account, "source_kind") for account in ledger.partners.values()}
    return True if SourceKind.SYNTHETIC in kinds else (None if NOT_GIVEN in kinds else False)
