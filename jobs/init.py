"""a folder of deliveries ─ init ─▶ a file for each partner, where there is none yet."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jobs.command.conf_files import conf_folder
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.terminal import command, in_progress, say, say_table


@dataclass
class Settings:
    """Keys of init."""

    FIRST: ClassVar[str] = "folder"

    folder: str = MISSING
    conf: str = MISSING


@verb("start", "proposes a file for each partner in a folder of deliveries")
def main(config: Settings) -> None:
    """Write what is proposed, and print the command that comes next."""
    from jobs.command.partner_files import partner_file
    from jobs.flow.intake.proposals import proposals

    with in_progress(f"reading samples of {config.folder} …"):
        found = proposals(Path(config.folder).expanduser())
    folder = Path(config.conf) / "partners"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, one in enumerate([one for one in found if one.groups], 1):
        path = folder / f"{one.name}.yaml"
        is_new = _write_new(path, partner_file(one, number))
        formats = ", ".join(group.format for group in one.groups)
        files = sum(group.files for group in one.groups)
        rows.append(
            [one.name, files, formats, str(path), "written" if is_new else "is there, kept"]
        )
    say_table(["partner", "files", "formats", "file", ""], rows)
    for one in found:
        for kind in one.unread:
            say(f"not read: {one.name}/{kind.example}{_more(kind.files)}: {kind.why}")
    names = ",".join(one.name for one in found if one.groups)
    where = [] if Path(config.conf).resolve() == conf_folder() else ["--config-dir", config.conf]
    say(
        "\nNext: look over these files, licence and priority are guesses; then see what they yield:"
    )
    say(f"  {command('preview', *where, f'partners=[{names}]')}")


def _more(files: int) -> str:
    """Return how many more files than the one that is named there are."""
    return f" and {files - 1:,} more" if files > 1 else ""


def _write_new(path: Path, text: str) -> bool:
    """Write a file unless there is one; return whether it was written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


if __name__ == "__main__":
    main()
