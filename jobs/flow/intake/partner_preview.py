"""Preview of a partner: what its files yield, before anything is built.

Files are listed, and of some of them beginnings are read and normalized by the code of a build.
So shares are those of the sample; which rows are duplicates, and which lines the pages of a site
share, only a build finds out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.intake.column_profiles import Profile
from jobs.corpus.model.reasons import DROPPING_STAGES, UNWANTED_STAGES, Stage
from jobs.corpus.normalize.documents import documents
from jobs.corpus.normalize.reject_examples import COLUMNS, Rejects, rejects
from jobs.corpus.signals.rules import rule_verdicts
from jobs.errors import ConfigError, DeliveryError, TextColumnMissing
from jobs.flow.intake.delivered_kinds import (
    KindOfFiles,
    beside,
    format_shown,
    kinds_read,
    kinds_unread,
)
from jobs.flow.intake.delivery_samples import SampleLimits, samples, spread
from jobs.flow.intake.group_preview import GroupPreview, group_preview
from jobs.flow.intake.listing import wanted_files
from jobs.flow.intake.mistakes import Findings, Mistake, mistakes, of_error, too_many_rejects
from jobs.flow.intake.repaired_texts import RepairedText, RepairExamples
from jobs.flow.params import BuildParams, FileGroup, PartnerParams
from jobs.storage.source_files import SourceFile
from jobs.storage.sources import listings

_TEXTS = 3
_EXCERPT_CHARS = 60
_SIGNS_SEEN = 4  # of files beside a group that matches none
_NO_SHARE = {*DROPPING_STAGES, *UNWANTED_STAGES, Stage.JUDGE}
"""Stages whose rejects do not count for a partner's `reject_share`."""


@dataclass(frozen=True)
class PartnerPreview:
    """What a partner's files yield.

    Attributes:
        partner: Its name.
        kinds: Its files by suffix.
        groups: What was read of each group.
        rows: Looked at.
        rejected: Of these, as far as they count for `reject_share`.
        reject_share: Above which a build stops.
        rejects: Rejected rows, by reason.
        text_columns: What its file calls the text, in each group.
        texts: Some before and after repair.
        mistakes: In its file, and what is worth a look.
    """

    partner: str
    kinds: tuple[KindOfFiles, ...]
    groups: tuple[GroupPreview, ...]
    rows: int
    rejected: int
    reject_share: float
    rejects: tuple[Rejects, ...]
    text_columns: tuple[str, ...]
    texts: tuple[RepairedText, ...]
    mistakes: tuple[Mistake, ...]


def preview(partner: PartnerParams, params: BuildParams, sample: SampleLimits) -> PartnerPreview:
    """Return what a partner's files yield.

    Args:
        partner: whose.
        params: of the build that it is for.
        sample: how much is read.
    """
    return _Preview(partner, params, sample).of_partner()


class _Preview:
    """Collects what is found in the groups of a partner."""

    def __init__(self, partner: PartnerParams, params: BuildParams, sample: SampleLimits) -> None:
        self.partner, self.params, self.sample = partner, params, sample
        self.endpoint_url = params.storage.endpoint_url
        self.mistakes: list[Mistake] = []
        self.rejected: list[pa.Table] = []
        self.rows = 0
        self.texts = RepairExamples(partner.repair.wanted)

    def of_partner(self) -> PartnerPreview:
        files = self._listed()
        groups = tuple(
            self._group(group, files[group.name])
            for group in self.partner.groups
            if group.name in files
        )
        found = rejects(pa.concat_tables(self.rejected)) if self.rejected else []
        rejected = sum(one.rows for one in found if one.stage not in _NO_SHARE)
        partner, share = self.partner, self.partner.reject_share
        is_explained = any(one.exit_code == TextColumnMissing.exit_code for one in self.mistakes)
        if self.rows and rejected / self.rows > share and not is_explained:
            self.mistakes.append(
                too_many_rejects(f"partner {partner.name}", rejected, self.rows, share)
            )
        return PartnerPreview(
            partner=partner.name,
            kinds=tuple(self._kinds(files)),
            groups=groups,
            rows=self.rows,
            rejected=rejected,
            reject_share=share,
            rejects=tuple(found),
            text_columns=tuple(group.reading.text_column for group in partner.groups),
            texts=tuple(self.texts.texts(_TEXTS)),
            mistakes=tuple(dict.fromkeys(self.mistakes)),
        )

    def _listed(self) -> dict[str, list[SourceFile]]:
        """Return the files of each group, named as in a build; note those that match none."""
        wanted = wanted_files(self.partner)
        groups = self.partner.groups
        with suppress(ConfigError, DeliveryError):
            found = listings(wanted, endpoint_url=self.endpoint_url)
            return {group.name: one.files for group, one in zip(groups, found, strict=True)}
        files: dict[str, list[SourceFile]] = {}
        for one, group in zip(wanted, groups, strict=True):
            try:
                (listing,) = listings([one], endpoint_url=self.endpoint_url)
                files[group.name] = listing.files
            except DeliveryError as error:
                self.mistakes.append(of_error(error, advice=self._format_beside(group)))
        if len(files) == len(groups):
            try:
                listings(wanted, endpoint_url=self.endpoint_url)
            except (ConfigError, DeliveryError) as error:
                self.mistakes.append(of_error(error))
        return files

    def _format_beside(self, group: FileGroup) -> str:
        """Return which format the files show among which none is of the group's."""
        there = beside(self.partner, group, endpoint_url=self.endpoint_url)
        shown = format_shown(spread(there, _SIGNS_SEEN), self.endpoint_url)
        is_other = shown not in {"", group.reading.format}
        return f". Most begin as {shown} does: did you mean format: {shown}?" if is_other else ""

    def _kinds(self, files: dict[str, list[SourceFile]]) -> Iterator[KindOfFiles]:
        read = {file.uri for some in files.values() for file in some if not file.refusal}
        refused = [file for some in files.values() for file in some if file.refusal]
        for file in refused:
            yield KindOfFiles("", None, 1, file.size_bytes, file.refusal, file.name)
        for group in self.partner.groups:
            yield from kinds_read(
                group, [one for one in files.get(group.name, []) if one.uri in read]
            )
        known = read | {file.uri for file in refused}
        others: dict[str, SourceFile] = {}
        for group in self.partner.groups:
            there = beside(self.partner, group, endpoint_url=self.endpoint_url)
            others |= {file.uri: file for file in there if file.uri not in known}
        yield from kinds_unread(others.values(), self.partner.groups, self.endpoint_url)

    def _group(self, group: FileGroup, files: Sequence[SourceFile]) -> GroupPreview:
        profile = Profile(group.reading.text_column)
        found = []
        for one in samples(files, group.reading, self.sample, self.endpoint_url):
            if one.keyed is not None:
                profile.add(one.keyed)
            if one.rows is not None:
                self._normalize(one.rows)
            found.append(one._replace(keyed=None))
        layouts = profile.layouts()
        shown = [one.sign for one in found if one.sign is not None]
        formats = Counter(sign.format for sign in shown)
        encodings = Counter(sign.encoding for sign in shown if sign.encoding)
        findings = Findings(
            self.partner.owner(group),
            group.reading,
            layouts,
            formats,
            encodings,
            [one.error for one in found if one.error is not None],
            len(found),
            self.partner.is_skipping,
            self.partner.reject_share,
        )
        self.mistakes += mistakes(findings)
        return group_preview(group, files, found, layouts, encodings)

    def _normalize(self, rows: pa.Table) -> None:
        table, _, _ = documents(
            rows,
            partner=self.partner.name,
            first_position=self.rows,
            params=self.params.text_params(self.partner),
        )
        self.rows += len(rows)
        self.texts.add(rows, table)
        verdicts = rule_verdicts(table, self.params.rules, partner=self.partner.name)
        excerpt = pc.utf8_slice_codeunits(rows["text"], 0, _EXCERPT_CHARS).cast(pa.string())
        evidence = pc.coalesce(table["evidence"], verdicts["evidence"], excerpt)
        verdict = {
            "stage": pc.coalesce(table["stage"], verdicts["stage"]),
            "reason": pc.coalesce(table["reason"], verdicts["reason"]),
            "evidence": evidence,
        }
        columns = {name: verdict.get(name, table[name]) for name in COLUMNS}
        found = pa.table({name: columns[name] for name in COLUMNS})
        self.rejected.append(found.filter(pc.is_valid(found["reason"])))
