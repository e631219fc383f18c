"""Text of `heliu VERB --help`: what the verb does, and every key with its value and its comment.

The first part stands in `conf/VERB.yaml` as Hydra's help template. The comments behind the keys of
`conf/` are the help text of the keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf, open_dict

from jobs.command.overrides import RECIPE, CommandLine
from jobs.command.schemas import is_mapping, keys_of
from jobs.command.settings import conf_folder

_COMMENT_COLUMN = 36
_FILES = {
    "partners": """\
Partners: partners=[NAME,…], each a file partners/NAME.yaml, in the folder of --config-dir:

  NAME:
    deliveries: /data/NAME/**/*.jsonl.zst   # path, pattern, URI, or a list of them
    format: jsonl                    # jsonl, csv, tsv, text, text-blocks, html, warc, wet, parquet
    encoding: auto                          # auto, utf-8, gb18030, big5, utf-16
    columns: {text: doc.body, title: doc.headline, url: link, published: date, id: doc.id}
    licence: CC-BY-4.0
    priority: 1                             # the lower one keeps a document two partners hold
    reject_share: 0.05                      # optional: more rejected rows stop the build
    metadata: {contact: 张三}               # optional, free: copied into the manifest
    terms: {legal_name: 某市档案馆}         # optional: docs/papers.md
""",
    "benchmarks": """\
Evaluation sets to be kept out: benchmarks=[NAME,…], each a file benchmarks/NAME.yaml
(docs/evaluation-sets.md); benchmarks.NAME.files and .version choose the copy.
""",
    RECIPE: """\
Recipes: recipe=NAME, a file recipe/NAME.yaml that sets keys; the command line has the last word.
""",
    "rules": """\
Rules: rules=PROFILE, a file rules/PROFILE.yaml; single ones by rules.reject.REASON.value=NUMBER,
'~rules.reject.REASON' (without it), 'rules.reject.REASON.unless.sites=[gov.cn]'.
""",
}
_END = """\
Exit codes: 0 done, 2 configuration; docs/running.md lists all.
--cfg job prints the configuration and stops."""


def help_text(config_name: str, schema: type, given: CommandLine) -> str:
    """Return the help of a verb, with the values in force.

    Args:
        config_name: of its file in `conf/`.
        schema: its configuration class.
        given: its command line.
    """
    overrides = list(given.overrides)
    if given.config_dir is not None:
        overrides.append(f"hydra.searchpath=['file://{given.config_dir.absolute()}']")
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        config = compose(config_name, overrides, return_hydra_config=True)
    introduction = str(config.hydra.help.template).strip()
    with open_dict(config):
        del config["hydra"]
    in_force = "\n".join(_commented(config, comments(config_name)))
    keys = f'Takes, as KEY.KEY=VALUE ("???" must be given):\n\n{in_force}'
    return "\n\n".join([introduction, *_files(schema, given), keys, _END])


def comments(config_name: str) -> dict[str, list[str]]:
    """Return the comments behind keys of a file of `conf/` and its includes, by dotted key.

    A comment goes on in lines below that hold nothing else.
    """
    path = conf_folder() / f"{config_name}.yaml"
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for included in yaml.safe_load(text).get("defaults", []):
        found |= comments(included) if isinstance(included, str) else {}
    lines = text.splitlines()
    for key, number in _key_lines(text):
        _, sharp, comment = lines[number].partition(" # ")
        if sharp:
            below = (line.strip() for line in lines[number + 1 :])
            found[key] = [comment.strip(), *_continued(below)]
    return found


def _continued(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("# "):
            return
        yield line.removeprefix("# ")


def _key_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield every dotted key of a YAML text and the number of its line, from 0."""
    yield from _keys_below(yaml.compose(text, Loader=yaml.SafeLoader), "")


def _keys_below(node: yaml.Node | None, above: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{above}{key.value}", key.start_mark.line
            yield from _keys_below(value, f"{above}{key.value}.")


def _commented(config: DictConfig, known: dict[str, list[str]]) -> Iterator[str]:
    text = OmegaConf.to_yaml(config)
    keys = {number: key for key, number in _key_lines(text)}
    for number, line in enumerate(text.splitlines()):
        first, *more = known.get(keys.get(number, ""), [""])
        yield f"  {line:<{_COMMENT_COLUMN}}# {first}" if first else f"  {line}"
        yield from (f"  {'':<{_COMMENT_COLUMN}}# {one}" for one in more)


def _files(schema: type, given: CommandLine) -> Iterator[str]:
    """Yield the groups of files that the verb takes, and the names that are known here."""
    folders = [one for one in (given.config_dir, conf_folder()) if one is not None]
    for group, text in _FILES.items():
        # A recipe is no key; verbs that take rules take recipes.
        kind = keys_of(schema).get("rules" if group == RECIPE else group)
        if kind is not None and is_mapping(kind):
            yield f"{text}  here: {', '.join(_names(folders, group)) or 'none'}"


def _names(folders: list[Path], group: str) -> list[str]:
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})
