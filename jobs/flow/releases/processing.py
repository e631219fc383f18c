"""What was done to the documents of a release and what partners say of them, for its papers.

Every sentence is made of values of the manifest; what these do not have is `NOT_GIVEN`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from jobs.storage.manifests import JsonObject, Manifest, PartnerAccount

NOT_GIVEN = "not given"


def term(account: PartnerAccount, name: str) -> str:
    """Return what a partner's file says under `terms.NAME`, or NOT_GIVEN."""
    return account.get("terms", {}).get(name) or NOT_GIVEN


def legal_name(name: str, account: PartnerAccount) -> str:
    """Return the legal name of a partner, or its name in the release where none is given."""
    return account.get("terms", {}).get("legal_name") or name


def sources(manifest: Manifest) -> dict[str, PartnerAccount]:
    """Return the accounts of the partners whose documents a release holds, by name."""
    return {name: own for name, own in sorted(manifest["partners"].items()) if own["kept"]}


def collection_period(*accounts: PartnerAccount) -> tuple[str, str]:
    """Return the first and last date of collection of some partners; NOT_GIVEN if one lacks it."""
    first, last = (
        [term(account, name) for account in accounts] for name in ("collected_from", "collected_to")
    )
    return (
        NOT_GIVEN if NOT_GIVEN in first or not first else min(first),
        NOT_GIVEN if NOT_GIVEN in last or not last else max(last),
    )


def collection_methods(manifest: Manifest) -> list[str]:
    """Return a sentence per partner on how its deliveries were collected."""
    return [
        f"{legal_name(name, account)}: {term(account, 'method')} "
        f"(kind of source: {term(account, 'source_kind')})"
        for name, account in sources(manifest).items()
    ]


def processing_steps(manifest: Manifest) -> list[str]:
    """Return the steps that made the documents of the deliveries, a sentence each."""
    parameters = manifest["parameters"]
    steps = [f"{len(manifest['inputs']):,} delivered files were decoded, normalized to NFC."]
    for step in (_lines, _origin, _rules, _private_data, _benchmarks, _duplicates):
        steps += step(parameters, manifest)
    if corrects := manifest.get("corrects"):
        steps.append(
            f"A takedown removed {corrects['documents']:,} documents of release "
            f"{corrects['version']} and restored {corrects['restored']:,} copies."
        )
    return steps


def rejections(manifest: Manifest, *stages: str) -> dict[str, int]:
    """Return how many delivered rows some stages did not keep, by `stage/reason`."""
    counts: Counter[str] = Counter()
    for account in manifest["partners"].values():
        for reason, count in account["reasons"].items():
            if not stages or reason.partition("/")[0] in stages:
                counts[reason] += count
    return dict(sorted(counts.items()))


def privacy_statement(manifest: Manifest) -> str:
    """Return what was done about private data; never that there is none."""
    policies = manifest["parameters"].get("private_data")
    if not policies:
        return "The documents were not searched for private data, and may hold some."
    listed = ", ".join(f"{kind} ({policy})" for kind, policy in sorted(policies.items()))
    found = [
        numbers for kinds in manifest.get("private_data", {}).values() for numbers in kinds.values()
    ]
    return (
        f"The deliveries were searched for private data of these kinds: {listed}. Found were "
        f"{sum(one['values'] for one in found):,} values. Other kinds, such as names of persons, "
        "were not searched for and may be there."
    )


def _lines(parameters: JsonObject, _: Manifest) -> Iterator[str]:
    paragraphs = parameters.get("paragraphs", {})
    if paragraphs.get("repeated", {}).get("is_on"):
        yield "Lines that a document repeats by accident were removed."
    if paragraphs.get("site", {}).get("is_on"):
        yield "Lines that most pages of a site begin or end with were removed."


def _origin(parameters: JsonObject, manifest: Manifest) -> Iterator[str]:
    if found := parameters.get("sources"):
        rows = sum(rejections(manifest, "sources").values())
        yield f"Sources: policy {found.get('policy')}; {rows:,} rows were rejected."
    if span := parameters.get("span"):
        rows = sum(rejections(manifest, "span").values())
        yield (
            f"Time span: {span.get('first') or 'open'} to {span.get('last') or 'open'}; "
            f"{rows:,} rows were rejected."
        )
    if rights := parameters.get("rights"):
        rows = sum(rejections(manifest, "rights").values())
        yield f"Reservations of rights: policy {rights.get('policy')}; {rows:,} rows were rejected."


def _rules(parameters: JsonObject, manifest: Manifest) -> Iterator[str]:
    rules = parameters.get("rules", {})
    if rules.get("rules"):
        rows = sum(rejections(manifest, "judge").values())
        yield (
            f"{len(rules['rules'])} rules on signals, profile {rules.get('profile')}, rejected "
            f"{rows:,} rows."
        )


def _private_data(parameters: JsonObject, manifest: Manifest) -> Iterator[str]:
    if parameters.get("private_data"):
        yield privacy_statement(manifest)


def _benchmarks(_: JsonObject, manifest: Manifest) -> Iterator[str]:
    if sets := manifest.get("benchmarks"):
        named = ", ".join(f"{one['name']} {one['version']}" for one in sets)
        rows = sum(rejections(manifest, "decontaminate").values())
        yield f"Items of evaluation sets were searched for ({named}); {rows:,} documents dropped."


def thresholds(minhash: JsonObject) -> str:
    """Return the similarity from which documents were dropped, and those of partners' own."""
    own = ", ".join(f"{name} {share}" for name, share in minhash.get("thresholds", {}).items())
    return f"{minhash['threshold']} ({own})" if own else str(minhash["threshold"])


def _duplicates(parameters: JsonObject, manifest: Manifest) -> Iterator[str]:
    minhash: Any = parameters.get("minhash")
    if minhash:
        rows = sum(rejections(manifest, "dedup").values())
        yield (
            f"Exact copies, and near copies of a similarity of at least {thresholds(minhash)} "
            f"(MinHash of {minhash['num_perm']} values over {minhash['shingle_chars']} characters "
            f"in {minhash['bands']} bands), were dropped, within and between partners: "
            f"{rows:,} rows."
        )
