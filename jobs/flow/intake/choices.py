"""Which delivered files a build reads, by what a parent release and a request name."""

from __future__ import annotations

from collections.abc import Collection

from jobs.flow.params import FileGroup, PartnerParams, recorded_reading
from jobs.flow.recorded import InputName
from jobs.storage.canonical_json import fingerprint


class Choice:
    """Which files of a group are read, by what a parent release and a request name."""

    def __init__(
        self,
        partner: PartnerParams,
        group: FileGroup,
        known: Collection[InputName],
        only: Collection[InputName] | None,
    ) -> None:
        """Choose among the files of a group.

        Args:
            partner: whose files.
            group: of them, read as it says.
            known: files that are not read.
            only: the files to read; None for all.
        """
        this = partner.name, fingerprint(recorded_reading(group.reading, partner.repair))

        def of_partner(names: Collection[InputName]) -> set[tuple[str, str]]:
            return {(file, digest) for name, file, digest, how in names if (name, how) == this}

        self._known = of_partner(known)
        self._only = None if only is None else of_partner(only)
        self._names = {file for file, _ in self._known | (self._only or set())}

    def is_named(self, name: str) -> bool:
        """Is a file of that name known or asked for, so that its digest decides?"""
        return name in self._names

    def may_be_read(self, name: str, digest: str) -> bool:
        """Is a file read? One without a digest may be, if its name is not ruled out."""
        if not digest:
            return self._only is None or self.is_named(name)
        file = name, digest
        return file not in self._known and (self._only is None or file in self._only)
