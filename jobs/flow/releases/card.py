"""The dataset card of a release: README.md with the YAML header that the Hugging Face Hub reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs.flow.releases.licences import LicenceGroup, licences_of, licensed_manifest
from jobs.flow.releases.manifest_rows import bad_file_rows, private_data_rows
from jobs.flow.releases.markdown import code, table, text
from jobs.flow.releases.processing import thresholds
from jobs.quantities import Size
from jobs.storage.manifests import ColumnEntry, JsonObject, Manifest, PartnerAccount

_MOST_FILES = 100
_MOST_NAMED = 10
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
_LARGE = ((10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"))
# Identifiers of huggingface.co/docs/hub/repositories-licenses that partners may name.
_LICENCES = {
    *("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "pddl"),
    *("cc-by-nd-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-3.0", "cc-by-sa-3.0"),
    *("odc-by", "odbl", "gfdl", "bsd-3-clause", "cc", "unknown"),
}


def dataset_card(
    manifest: Manifest, digest: str, *, paths: Sequence[str], acceptance: Sequence[JsonObject] = ()
) -> str:
    """Return the card: the release's content, partners, licences, and how it was made.

    Args:
        manifest: of the release.
        digest: of the manifest.
        paths: its Parquet files, or a pattern that matches them, relative to the card.
        acceptance: what is attested of its review, as `attested` gives it.
    """
    size = f"{manifest['documents']:,} documents, {Size(manifest['content_bytes'])} of UTF-8 text"
    return "\n".join(
        [
            *_header(manifest, paths),
            f"# {manifest['corpus']} {manifest['version']}",
            "",
            f"{size} of {len(manifest['partners'])} partners, deduplicated among them all.",
            "",
            f"Digest: `sha256:{digest}`",
            "",
            "## Partners",
            "",
            *_partners(manifest["partners"]),
            "",
            "## How it was built",
            "",
            *_recipe(manifest),
            "",
            "## Why rows are not in it",
            "",
            *_reasons(manifest["partners"]),
            "",
            *_bad_files(manifest),
            *_benchmarks(manifest.get("benchmarks", [])),
            *_private_data(manifest),
            *_acceptance(acceptance),
            "## Columns",
            "",
            *_columns(manifest["schema"]["shards"]),
            "",
        ]
    )


def licence_card(
    manifest: Manifest, digest: str, group: LicenceGroup, *, paths: Sequence[str]
) -> str:
    """Return the card of a licence group: what it holds, from whom, and how it is read.

    Args:
        manifest: of the release.
        digest: of the manifest.
        group: that is described.
        paths: Parquet files that hold its documents and no others, relative to the card; none
            where it is read from the release itself.
    """
    own = licensed_manifest(manifest, group)
    named = ", ".join(map(text, group.licences))
    size = (
        f"{group.documents:,} of the {manifest['documents']:,} documents of the release, "
        f"{group.characters:,} characters of text: those under {named}. A text that came under "
        "several licences is under that of the document that was kept."
    )
    return "\n".join(
        [
            *_header(own, paths),
            f"# {manifest['corpus']} {manifest['version']}: {named}",
            "",
            size,
            "",
            f"Digest of the release: `sha256:{digest}`",
            "",
            "## Documents of the group",
            "",
            *table(
                ["partner", "documents"],
                [[name, account["kept"]] for name, account in own["partners"].items()],
            ),
            "",
            *([] if paths else _reading(group)),
            "## How it was built",
            "",
            *_recipe(manifest),
            "",
            *_private_data(manifest),
            "## Columns",
            "",
            *_columns(manifest["schema"]["shards"]),
            "",
        ]
    )


def _reading(group: LicenceGroup) -> list[str]:
    """Return the section on how a group is read from the files of its release."""
    mixed = (
        f"{group.mixed_files:,} of them hold documents of other licences too, which the filter "
        "leaves out: do not read them without it."
    )
    files = (
        f"`files.txt` lists the {len(group.files):,} files of the release that hold these "
        f"documents. {mixed if group.mixed_files else 'They hold no others.'}"
    )
    return [
        "## How to read it",
        "",
        files,
        "",
        "```python",
        "import heliu, pyarrow.compute as pc",
        f"is_of_group = pc.field('licence').isin({_python_list(group.licences)})",
        "table = heliu.open_release(ROOT, RELEASE).dataset().to_table(filter=is_of_group)",
        "```",
        "",
        "`view.sql` makes the same filter a DuckDB view.",
        "",
    ]


def _python_list(words: Sequence[str]) -> str:
    """Return Python's list of some words, in which nothing ends a block of Markdown."""
    return repr(list(words)).replace("`", "\\x60")


def _header(manifest: Manifest, paths: Sequence[str]) -> list[str]:
    licences = licences_of(*manifest["partners"].values())
    known = [licence.lower() for licence in licences if licence.lower() in _LICENCES]
    is_known = licences and len(known) == len(licences)
    lines = ["---", "language:", "- zh"]
    lines += ["license:", *(f"- {one}" for one in known)] if is_known else ["license: other"]
    if not is_known:
        lines.append("license_name: see-the-column-licence")
    lines += ["size_categories:", f"- {size_category(manifest['documents'])}"]
    lines += ["task_categories:", "- text-generation"]
    if paths:
        lines += ["configs:", "- config_name: default", "  data_files:"]
        lines += ["  - split: train", "    path:", *(f"    - {path}" for path in paths)]
    return [*lines, "---", ""]


def size_category(documents: int) -> str:
    """Return the Hub's name for that many documents."""
    return next((name for limit, name in _SIZES + _LARGE if documents < limit), "10B<n<100B")


def _partners(partners: Mapping[str, PartnerAccount]) -> list[str]:
    rows = [
        [name, _licences(account), account["delivered"], account["kept"], account["content_bytes"]]
        for name, account in partners.items()
    ]
    return table(["partner", "licence", "delivered", "documents", "bytes of text"], rows)


def _licences(account: PartnerAccount) -> str:
    own, others = account["licence"], account.get("licences", [])
    more = [f"and {len(others) - _MOST_NAMED:,} more"] if len(others) > _MOST_NAMED else []
    return ", ".join([own, *others[:_MOST_NAMED], *more])


def _recipe(manifest: Manifest) -> list[str]:
    said = [f"- {len(manifest['inputs']):,} delivered files were decoded and normalized to NFC."]
    if minhash := manifest["parameters"].get("minhash"):
        shown = {name: text(value) for name, value in minhash.items()}
        shown["threshold"] = text(thresholds(minhash))
        said.append(
            f"- Copies were found by MinHash of {shown['num_perm']} values over runs of "
            f"{shown['shingle_chars']} characters, in {shown['bands']} bands of "
            f"{shown['rows']} rows; of documents at least {shown['threshold']} similar, the "
            "one of the partner with the highest priority stays."
        )
    said.append("- Every delivered row has a decision with its reason: `heliu explain id=…`.")
    return said


def _reasons(partners: Mapping[str, PartnerAccount]) -> list[str]:
    rows = [
        [name, reason, count, f"{count / account['delivered']:.2%}"]
        for name, account in partners.items()
        for reason, count in account["reasons"].items()
    ]
    return table(["partner", "stage/reason", "rows", "share of delivered"], rows)


def _bad_files(manifest: Manifest) -> list[str]:
    """Return the section on files that were set aside; nothing if there are none."""
    rows = bad_file_rows(manifest)
    if not rows:
        return []
    shown = table(["partner", "file", "bytes", "reason"], rows[:_MOST_FILES])
    more = [f"And {len(rows) - _MOST_FILES:,} more."] if len(rows) > _MOST_FILES else []
    return ["## Files that could not be read", "", *shown, "", *more, *([""] if more else [])]


def _benchmarks(sets: list[JsonObject]) -> list[str]:
    """Return the section on evaluation sets; nothing for a release searched for none."""
    if not sets:
        return []
    rows = [
        [
            *(one[key] for key in ("name", "version", "items")),
            *(one["searchable"][key] for key in ("alone", "with_options", "passage_only")),
            one["searchable"]["too_short"] + one["searchable"]["too_common"],
            *(
                sum(counts.get(outcome, 0) for counts in one["documents"].values())
                for outcome in ("dropped", "cut", "reported")
            ),
            code(one["digest"][:12]),
        ]
        for one in sets
    ]
    header = ["set", "version", "items", "found alone", "beside options", "by passage"]
    header += ["not found", "documents dropped", "cut", "reported", "sha256"]
    return ["## Evaluation sets kept out", "", *table(header, rows), ""]


def _private_data(manifest: Manifest) -> list[str]:
    """Nothing for a release that was not searched for private data."""
    policies = manifest["parameters"].get("private_data")
    if not policies:
        return []
    header = ["partner", "kind", "policy", "documents that had it", "values"]
    said = f"Searched for: {', '.join(map(text, policies))}."
    return ["## Private data", "", said, "", *table(header, private_data_rows(manifest)), ""]


def _acceptance(attested: Sequence[JsonObject]) -> list[str]:
    """Return the section on reviews by people; nothing for a release that none reviewed."""
    if not attested:
        return []
    rows = [
        [
            *(one["review"][name] for name in ("documents", "passed")),
            "{:.2%} to {:.2%}".format(*one["review"]["interval"]),
            "{within:,} of {documents:,}".format(**one["check"]) if one["check"] else "",
            ", ".join(one["reviewers"]),
            code(one["sample"]["drawn"]),
            code(one["key"][:12]),
        ]
        for one in attested
    ]
    header = ["documents reviewed", "passed", "share, 95 % interval", "within limits of signals"]
    header += ["reviewed by", "sample", "signed by key"]
    return ["## Review", "", *table(header, rows), ""]


def _columns(columns: list[ColumnEntry]) -> list[str]:
    rows = [
        [code(column["name"]), column["type"], "yes" if column["nullable"] else "no"]
        for column in columns
    ]
    return table(["column", "type", "may be null"], rows)
