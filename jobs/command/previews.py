"""Previews for people: what the files of a partner will yield, in tables of a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from jobs.command.differences import differences
from jobs.command.escapes import visible_line
from jobs.command.side_by_side import excerpt, side_by_side, terminal_width
from jobs.command.terminal import command, say, say_table
from jobs.corpus.normalize.reject_examples import example_lines
from jobs.errors import error_ending_with
from jobs.flow.intake.delivered_kinds import KindOfFiles
from jobs.flow.intake.group_preview import GroupPreview, LayoutPreview
from jobs.flow.intake.partner_preview import PartnerPreview
from jobs.flow.intake.proposals import UNKNOWN
from jobs.flow.intake.repaired_texts import RepairedText
from jobs.flow.params import PartnerParams
from jobs.quantities import Share, Size, counted

_NAME = 28  # cells of a key
_LINES = 8  # of a text before and after
_PLACES = 2  # of each repair


def report_preview(found: PartnerPreview) -> None:
    """Print what the files of a partner yield."""
    say(f"{found.partner}")
    say("═" * terminal_width())
    _say_files(found.kinds)
    for group in found.groups:
        _say_group(group)
    _say_rejects(found)
    for text in found.texts:
        _say_text(text)
    say()


def report_next(
    found: Sequence[PartnerPreview], partners: Sequence[PartnerParams], config_dir: str | None
) -> None:
    """Print mistakes of all partners, then the command that comes next.

    Args:
        found: their previews.
        partners: the same partners.
        config_dir: the folder of their files, as given.
    """
    wrong = [one for preview in found for one in preview.mistakes if one.exit_code]
    notes = [one.text for preview in found for one in preview.mistakes if not one.exit_code]
    notes += list(_notes(partners))
    for heading, texts in (("To correct:", [one.text for one in wrong]), ("To look at:", notes)):
        if texts:
            say(heading)
            for number, text in enumerate(texts, 1):
                say(f"  {number}. {text}")
            say()
    if not wrong:
        names = ",".join(partner.name for partner in partners)
        where = [] if config_dir is None else ["--config-dir", config_dir]
        words = f"partners=[{names}]", "corpus.name=NAME", "corpus.version=1.0.0"
        say("No mistake was found. Next, with a name and a folder of your choice:")
        say(f"  {command('build', *where, *words, 'storage.root=DIR')}")


def config_dir(arguments: Sequence[str]) -> str | None:
    """Return the folder of `--config-dir` in a command line; None if there is none."""
    for number, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in {"--config-dir", "-cd"}:
            return value if equals else "".join(arguments[number + 1 : number + 2])
    return None


def end_for(found: Sequence[PartnerPreview]) -> None:
    """End with the error of a build for the first mistake, if there is one.

    Raises:
        HeliuError: it says how many there are.
    """
    codes = [one.exit_code for preview in found for one in preview.mistakes if one.exit_code]
    if codes:
        found_wrong = f"{counted(len(codes), 'mistake')} {'is' if len(codes) == 1 else 'are'}"
        raise error_ending_with(codes[0])(
            f"{found_wrong} listed above: a build would end with {codes[0]}"
        )


def _notes(partners: Sequence[PartnerParams]) -> Iterator[str]:
    if unknown := ", ".join(one.name for one in partners if one.licence == UNKNOWN):
        yield (
            f"{unknown}: licence is {UNKNOWN!r}, which will stand beside every document that "
            "names none of its own: write what was agreed"
        )
    counts = Counter(partner.priority for partner in partners)
    for priority, count in sorted(counts.items()):
        if count > 1:
            names = ", ".join(one.name for one in partners if one.priority == priority)
            yield (
                f"{names} all have priority {priority}: of a document that several hold, the "
                "longest text stays (rank.prefer); give the one that should keep it a lower number"
            )


def _say_files(kinds: Sequence[KindOfFiles]) -> None:
    rows = [
        [
            one.suffix or "no suffix",
            one.files,
            Size(one.bytes),
            "no" if one.group is None else f"yes{', ' * bool(one.group)}{one.group}",
            excerpt(one.example, _NAME),
        ]
        for one in kinds
    ]
    say_table(["suffix", "files", "size", "read", "an example"], rows)
    for one in kinds:
        if one.group is None:
            more = f" and {one.files - 1:,} more" if one.files > 1 else ""
            say(f"not read: {one.example}{more}: {one.why}")


def _say_group(group: GroupPreview) -> None:
    amount = "whole" if group.is_whole else "the beginning"
    name = f"group {group.name}: " if group.name else ""
    encodings = ", ".join(f"{name} {count:,}" for name, count in group.encodings.items())
    say(
        f"\n{name}format {group.format}, {group.looked_at:,} of {counted(group.files, 'file')} "
        f"looked at, {amount}: {counted(group.rows, 'row')}"
    )
    if encodings:
        say(f"encodings, by files: {encodings}")
    if group.fixed_columns:
        mapped = (
            f"{name} → {target}" if target else name for name, target in group.fixed_columns.items()
        )
        say(f"columns: {', '.join(mapped)}")
    for layout in group.layouts:
        _say_layout(layout, is_only=len(group.layouts) == 1)


def _say_layout(layout: LayoutPreview, *, is_only: bool) -> None:
    say()
    if not is_only:
        text = f"text in {layout.text!r}" if layout.text else "without a text"
        amount = f"{counted(layout.rows, 'row')} in {counted(layout.files, 'file')}"
        say(f"{amount}, {text}; the first is {layout.first_file} row {layout.first_row:,}")
    rows = [
        [
            excerpt(one.name, _NAME),
            one.kind,
            Share(one.filled),
            one.chars,
            one.mapped or (f"no; {one.hint}?" if one.hint else "no"),
        ]
        for one in layout.columns
    ]
    say_table(["key", "kind", "filled", "characters", "mapped to"], rows)


def _say_rejects(found: PartnerPreview) -> None:
    say()
    if not found.rejects:
        say(f"rejects: none of {counted(found.rows, 'row')}")
        return
    rows = [
        [one.reason, one.stage, one.rows, Share(one.rows / found.rows), one.files]
        for one in found.rejects
    ]
    say_table(["rejected for", "by", "rows", "share", "files"], rows)
    for one in found.rejects:
        say(f"\n{one.reason}:")
        for line in example_lines(one, found.text_columns):
            is_cure = line.startswith("columns.")
            say(f"  {line if is_cure else excerpt(line, _width() - 2)}")


def _say_text(text: RepairedText) -> None:
    heading = "before │ after repair" if text.steps else "a text"
    say(f"\n{excerpt(f'{text.file} row {text.row:,}, {heading}', _width())}")
    if not text.steps:
        say(excerpt(text.before, 2 * _width()))
        say("  no repair changes it")
        return
    for line in side_by_side(text.before, text.after, _width(), _LINES):
        say(line)
    for step in text.steps:
        places = list(differences(step.before, step.after))
        shown = [visible_line(place) for _, place in islice(places, _PLACES)]
        more = f" and {len(places) - _PLACES:,} more" if len(places) > _PLACES else ""
        say(f"  {excerpt(f'{step.repair}: ' + '; '.join(shown) + more, _width() - 2)}")


def _width() -> int:
    return terminal_width()
