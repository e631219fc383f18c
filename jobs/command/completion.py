"""Completion in a shell: verbs, options, keys, values, names of files, corpora and releases.

`heliu completion SHELL` prints a script; the script asks `heliu completion words LINE` at each
press for what may stand at the end of the line, so that nothing here loads Hydra, Arrow or a verb.
Releases are read from the log of a directory; a bucket is not asked while someone types.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jobs.command.columns import cut
from jobs.command.conf_files import chosen_groups, conf_folder, names_of_files
from jobs.command.error_guide import explanations
from jobs.command.keys import Key, keys_of_verb
from jobs.config_errors import KeyMissing, unknown_choice
from jobs.errors import HeliuError

_SCRIPTS = {
    "bash": """\
# heliu completion bash > ~/.local/share/bash-completion/completions/heliu
_heliu() {
    local line=${COMP_LINE:0:COMP_POINT} found one IFS=$'\\n'
    local typed=${line##* } behind=
    # bash replaces what stands behind the last = or : of the word
    [[ $COMP_WORDBREAKS == *=* && $typed == *[=:]* ]] && behind=${typed%"${typed##*[=:]}"}
    COMPREPLY=()
    for one in $(heliu completion words "$line" 2>/dev/null); do
        one=${one%%$'\\t'*}
        COMPREPLY+=("${one#"$behind"}")
    done
    # a list in brackets may go on, a key needs its value
    [[ ${#COMPREPLY[@]} == 1 && $one != *= && $one != *=\\[* ]] || compopt -o nospace
}
complete -o default -F _heliu heliu
""",
    "zsh": """\
#compdef heliu
# heliu completion zsh > a folder of $fpath, as the file _heliu
_heliu() {
    local -a open whole open_meanings whole_meanings
    local one word
    for one in ${(f)"$(heliu completion words "$LBUFFER" 2>/dev/null)"}; do
        word=${one%%$'\\t'*}
        if [[ $word == *= || $word == *=\\[* ]]; then
            open+=("$word") open_meanings+=("${one/$'\\t'/  }")
        else
            whole+=("$word") whole_meanings+=("${one/$'\\t'/  }")
        fi
    done
    (( $#open + $#whole )) || { _files; return }
    compadd -U -Q -S '' -l -d open_meanings -a open
    compadd -U -Q -l -d whole_meanings -a whole
}
if [[ $funcstack[1] == _heliu ]]; then _heliu "$@"; else compdef _heliu heliu; fi
""",
    "fish": """\
# heliu completion fish > ~/.config/fish/completions/heliu.fish
complete -c heliu -e
complete -c heliu -f -a '(heliu completion words (commandline -cp) 2>/dev/null)'
complete -c heliu -l config-dir -r -F
""",
}
_RELEASES = ("release", "a", "b", "corpus.parent")
_BOOLEAN = ("true", "false")
_MOST_CELLS = 60
_OPTIONS = {
    "--config-dir": "folder with partners/, rules/, …",
    "--help": "what the verb does, and its keys",
    "--cfg": "job: print the configuration and stop",
}


def completion(
    words: Sequence[str], verbs: Mapping[str, tuple[str, str]], own: Mapping[str, str]
) -> str:
    """Return the script of a shell, or what may stand at the end of a line.

    Args:
        words: the name of a shell, or `words` and the line.
        verbs: group and summary of every verb.
        own: words beside the verbs, with what they are.

    Raises:
        ConfigError: it is neither.
    """
    if not words:
        raise KeyMissing(f"please name the shell: heliu completion {' | '.join(_SCRIPTS)}")
    if words[0] == "words":
        summaries = {name: summary for name, (_, summary) in verbs.items()}
        found = candidates(" ".join(words[1:]), summaries, own)
        return "\n".join(f"{word}\t{what}" if what else word for word, what in found)
    if words[0] not in _SCRIPTS:
        raise unknown_choice("completion", words[0], _SCRIPTS)
    return _SCRIPTS[words[0]].rstrip()


def candidates(
    line: str, verbs: Mapping[str, str], own: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return the words that may stand in the place of a line's last one, each with its meaning.

    Args:
        line: from `heliu` to the cursor.
        verbs: with their summaries.
        own: words beside the verbs, likewise.
    """
    try:
        *before, typed = _split(line)
    except ValueError:  # a quote is not closed yet
        return []
    given = [word for word in before[1:] if word != "heliu"]
    if not given:
        found: Iterator[tuple[str, str]] = iter([*verbs.items(), *own.items(), ("--version", "")])
    elif given[0] == "completion":
        found = ((shell, "") for shell in _SCRIPTS)
    elif given[0] == "help":
        found = _helped(verbs)
    elif given[0] in verbs:
        found = _of_verb(given[0].replace("-", "_"), given[1:], typed)
    else:
        found = iter(())
    return [one for one in found if one[0].startswith(typed)]


def _split(line: str) -> list[str]:
    words = shlex.split(line)
    return [*words, ""] if line[-1:].isspace() or not words else words


def _helped(verbs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from verbs.items()
    found = (key for name in verbs for key in keys_of_verb(name.replace("-", "_")))
    yield from {key.name: _brief(key) for key in found if not key.is_group}.items()
    yield from ((code, one.summary) for code, one in explanations().items())


def _of_verb(config_name: str, given: Sequence[str], typed: str) -> Iterator[tuple[str, str]]:
    keys = {key.name: key for key in keys_of_verb(config_name) if not key.is_group}
    name, equals, word = typed.partition("=")
    if not equals:
        taken = {word.partition("=")[0] for word in given}
        yield from ((f"{key.name}=", _brief(key)) for key in keys.values() if key.name not in taken)
        yield from _OPTIONS.items()
        return
    values = _values(config_name, keys.get(name), given)
    is_list = word.startswith("[")
    begin, comma, _ = word.rpartition(",") if is_list else ("", "", "")
    lists = {key for key, _, default in chosen_groups(config_name) if default == []}
    is_many = is_list or name in lists or (name in keys and keys[name].default[:1] == "[")
    opened = f"{begin}{comma}" or ("[" if is_many else "")
    chosen = set(begin.strip("[").split(","))
    for value in values:
        if value not in chosen:
            yield f"{name}={opened}{value}", ""


def _brief(key: Key) -> str:
    return cut(" ".join(key.shown_meaning), _MOST_CELLS)


def _values(config_name: str, key: Key | None, given: Sequence[str]) -> list[str]:
    if key is None:
        return []
    groups = {name: group for name, group, _ in chosen_groups(config_name)}
    if key.name in groups:
        folder = _given(given, "--config-dir")
        folders = [Path(folder).expanduser()] if folder else []
        return names_of_files([*folders, conf_folder()], groups[key.name])
    if key.choices:
        return list(key.choices)
    if key.default in _BOOLEAN:
        return list(_BOOLEAN)
    if key.name in _RELEASES or key.name == "corpus.name":
        return _published(given, key.name)
    return []


def _given(words: Sequence[str], name: str) -> str:
    """Return the value of a key or option among the words before; empty if it is not there."""
    for number, word in enumerate(words):
        key, equals, value = word.partition("=")
        if key == name:
            return value if equals else "".join(words[number + 1 : number + 2])
    return ""


def _published(given: Sequence[str], key: str) -> list[str]:
    """Return the corpora, or versions and tags, of a root that is a directory."""
    root = _given(given, "storage.root") or os.environ.get("HELIU_ROOT", "")
    if not root or "://" in root:
        return []
    from jobs.storage.corpus import Corpus  # noqa: PLC0415  only where releases are asked for
    from jobs.storage.log import head  # noqa: PLC0415
    from jobs.storage.objects import StorageParams  # noqa: PLC0415
    from jobs.storage.releases import corpora  # noqa: PLC0415
    from jobs.storage.stores import open_store  # noqa: PLC0415

    try:
        store = open_store(StorageParams(root, None, None))
        names = corpora(store)
        if key == "corpus.name":
            return names
        states = {name: head(Corpus(store, name)).registry for name in names}
    except HeliuError:  # a press of a key is no place for a message
        return []
    found = [
        f"{name}/{version}" if len(states) > 1 else version
        for name, state in states.items()
        for version in [*(one["version"] for one in state.releases), *state.tags]
    ]
    return [*found, "latest"] if found else []
