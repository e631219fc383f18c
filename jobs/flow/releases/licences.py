"""Licence groups: the documents of a release under some licences, as files and a filter.

A release is one immutable set of files in the order of partners and ids, so a file may hold
documents of several licences. A group is therefore a list of files and the values of the column
`licence` that belong to it: nothing is stored twice, and every group is of the same digest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from jobs.errors import ConfigError
from jobs.flow.releases.amounts import amounts_of_files
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.manifests import FileEntry, Manifest, PartnerAccount

_BY = ("licence",)
_MOST_GROUPS = 1000
_NAMED = 20


@dataclass(frozen=True)
class LicensedFile:
    """A file of documents, and how much of it a group has.

    Attributes:
        entry: Of the file.
        documents: Of the group in it.
        characters: Of their text.
    """

    entry: FileEntry
    documents: int
    characters: int

    @property
    def is_mixed(self) -> bool:
        """Whether the file has documents of other licences too."""
        return self.documents < self.entry["rows"]


@dataclass(frozen=True)
class LicenceGroup:
    """The documents of a release under some licences.

    Attributes:
        licences: As released.
        files: That hold them, in the order of the release.
    """

    licences: tuple[str, ...]
    files: tuple[LicensedFile, ...]

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(file.documents for file in self.files)

    @property
    def characters(self) -> int:
        """The characters of their texts."""
        return sum(file.characters for file in self.files)

    @property
    def mixed_files(self) -> int:
        """How many files hold documents of other licences too."""
        return sum(file.is_mixed for file in self.files)


def licence_groups(release: OpenedRelease) -> list[LicenceGroup]:
    """Return a group for each licence, the most characters first.

    Raises:
        ConfigError: there are so many that the column holds something else.
    """
    return _groups(release, None)


def licence_group(release: OpenedRelease, licences: Collection[str]) -> LicenceGroup:
    """Return the group of some licences.

    Args:
        release: to be divided.
        licences: as released, letter for letter.

    Raises:
        ConfigError: no document has one of them.
    """
    wanted = tuple(sorted(set(licences)))
    groups = _groups(release, wanted)
    missing = set(wanted) - {one.licences[0] for one in groups}
    if missing:
        there = licences_of(*release.manifest["partners"].values())
        more = f" and {len(there) - _NAMED:,} more" if len(there) > _NAMED else ""
        raise ConfigError(
            f"licence=[{', '.join(sorted(missing))}]: no document of {release.corpus} "
            f"{release.version} has it; partners gave {', '.join(there[:_NAMED])}{more}"
        )
    return LicenceGroup(wanted, _united([file for one in groups for file in one.files], release))


def licensed_manifest(manifest: Manifest, group: LicenceGroup) -> Manifest:
    """Return a manifest for the descriptions of a group: its documents, partners and licences."""
    documents = {file.entry["partner"]: 0 for file in group.files}
    for file in group.files:
        documents[file.entry["partner"]] += file.documents
    accounts = {
        name: cast("PartnerAccount", {**manifest["partners"][name], **_licensed(group, count)})
        for name, count in sorted(documents.items())
    }
    return {**manifest, "documents": group.documents, "partners": accounts}


def licences_of(*accounts: PartnerAccount) -> list[str]:
    """Return the licences that documents of partners may have, sorted."""
    return sorted({one for own in accounts for one in (own["licence"], *own.get("licences", []))})


def _licensed(group: LicenceGroup, documents: int) -> dict[str, object]:
    first, *others = group.licences
    return {"kept": documents, "licence": first, "licences": others}


def _groups(release: OpenedRelease, wanted: Collection[str] | None) -> list[LicenceGroup]:
    """Return a group for each licence; for each that is wanted, if any are given."""
    files: dict[str, list[LicensedFile]] = {}
    for entry, (counted,) in amounts_of_files(release, [_BY]):
        for row in counted.to_pylist():
            if wanted is None or row["licence"] in wanted:
                file = LicensedFile(entry, row["documents"], row["characters"])
                files.setdefault(row["licence"], []).append(file)
        if len(files) > _MOST_GROUPS:
            raise ConfigError(
                f"{release.corpus} {release.version} has more than {_MOST_GROUPS} licences, as "
                f"{next(iter(files))!r}: a partner maps a column that holds something else; name "
                "those that belong together, as licence=[A,B]"
            )
    groups = [LicenceGroup((licence,), tuple(found)) for licence, found in files.items()]
    return sorted(groups, key=lambda one: (-one.characters, one.licences))


def _united(files: list[LicensedFile], release: OpenedRelease) -> tuple[LicensedFile, ...]:
    """Return each file once, in the order of the release."""
    found: dict[str, LicensedFile] = {}
    for file in files:
        known = found.get(file.entry["key"])
        documents = file.documents + (known.documents if known else 0)
        characters = file.characters + (known.characters if known else 0)
        found[file.entry["key"]] = LicensedFile(file.entry, documents, characters)
    keys = (entry["key"] for entry in release.entries("shards"))
    return tuple(found[key] for key in keys if key in found)
