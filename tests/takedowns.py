"""A small corpus to take documents from: three partners, three releases, one private text."""

from __future__ import annotations

import random
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.command.parameters import build_params, recorded_build
from jobs.command.settings import COMPUTE, Build, Storage
from jobs.corpus.release.takedown import Policy, Selection
from jobs.flow.builds.pipeline import run_build
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.flow.takedown.matches import Matches, search
from jobs.flow.takedown.renormalization import RebuildContext
from jobs.flow.takedown.selection import Request
from jobs.flow.takedown.takedown import TakenDown, take_down
from jobs.flow.tasks.sealed_objects import body_of
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.stores import open_store
from tests.builds import ABOUT, build_config, silent, write_partner

PRIVATE = "张某某住在南京市鼓楼区，档案编号八七三二一"
"""In nothing but the text that is taken down and its copies."""

PRIVATE_URL = "https://private.example/8732"
PRIORITIES = {"gov": 1, "news": 2, "papers": 3}
_PHRASES = [
    "市政府昨日召开新闻发布会，介绍今年重点工程进展",
    "长江大桥南侧匝道将于月底恢复通行，请驾驶员提前绕行",
    "气象台预计未来三天有中到大雨，沿江各区须做好排涝准备；学校可视情况停课",
    "图书馆新馆本周六正式开放，市民凭身份证即可办理借阅手续，每次可借五册",
    "古籍阅览室收藏明清刻本两千余种，须预约入内",
    "地铁七号线二期已全线贯通，届时从仙林到河西只需四十分钟",
    "农贸市场改造工程启动，临时摊位设在建设路东段，营业时间不变",
    "博物馆举办青铜器特展，展品来自八省十二馆",
    "秦淮河干流断面全部达标，支流仍有三处超标，责令限期整改",
]


def article(number: int, sentences: int = 18) -> str:
    """A text of its own for every number; no two are near duplicates."""
    choose = random.Random(number)
    said = [
        f"{choose.choice(_PHRASES)}{choose.randrange(10**9)}，{choose.randrange(10**9)}"
        for _ in range(sentences)
    ]
    return "。".join(said) + "。"


def private_text() -> str:
    return f"{article(8732)}{PRIVATE}。"


@dataclass(frozen=True)
class Built:
    """Deliveries that can be added to, and where their releases are: in `root`, or in a bucket."""

    folder: Path
    bucket: str | None = None
    endpoint_url: str | None = None
    how: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def store(self) -> ObjectStore:
        return open_store(StorageParams(self.bucket or str(self.root), self.endpoint_url, None))

    def deliver(self, partner: str, name: str, rows: list[dict[str, Any]]) -> None:
        path = self.folder / "deliveries" / partner / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        write_partner(
            self.folder,
            partner,
            f"deliveries: {path.parent}/*.jsonl\nformat: jsonl\nlicence: CC-BY-4.0\n"
            f"priority: {PRIORITIES[partner]}\n"
            "columns: {text: text, title: title, url: url, id: id}",
        )

    def delivered(self, partner: str) -> list[dict[str, Any]]:
        files = sorted((self.folder / "deliveries" / partner).glob("*.jsonl"))
        return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]

    def params(self, version: str, *partners: str, parent: str = "null") -> BuildParams:
        return build_params(self.config(version, *partners, parent=parent))

    def config(self, version: str, *partners: str, parent: str = "null") -> Build:
        return build_config(
            self.folder,
            self.bucket or self.root,
            f"storage.endpoint_url={self.endpoint_url or 'null'}",
            f"partners=[{','.join(partners)}]",
            f"corpus.version={version}",
            f"corpus.parent={parent}",
            "shards.release_bytes=6000",
            "alarms=warn",  # of few texts all may be copies
            *self.how,
        )

    def build(self, version: str, *partners: str, parent: str = "null") -> OpenedRelease:
        config = self.config(version, *partners, parent=parent)
        # As the command does: the log tells how a release was built.
        run_build(
            build_params(config), silent, commit_info=ABOUT | {"configuration": asdict(config)}
        )
        return self.opened(version)

    def take_down(
        self, asked: Asked, store: ObjectStore | None = None
    ) -> tuple[Matches | None, TakenDown]:
        """Carry out a takedown as the command does, perhaps through another store."""
        release = open_release(store or self.store, "demo", asked.release)
        return take_down(release, asked.request, commit_info=ABOUT, rebuild=self.rebuild)

    def search(self, asked: Asked) -> Matches:
        return search(self.opened(asked.release), asked.request)

    @property
    def handle(self) -> Corpus:
        return Corpus(self.store, "demo")

    @property
    def rebuild(self) -> RebuildContext:
        here = {
            "storage": Storage(self.bucket or str(self.root), self.endpoint_url, None),
            "compute": COMPUTE(None, None, None),
            "deliveries": None,
        }
        return RebuildContext(lambda recorded: recorded_build(self._here(recorded), **here), silent)

    def _here(self, configuration: dict[str, Any]) -> dict[str, Any]:
        """What a log that was copied with its corpus says, as if it had been written here."""
        there = str(Path(configuration["storage"]["root"]).parent)
        told = orjson.dumps(configuration).decode().replace(there, str(self.folder))
        return dict(orjson.loads(told))

    def opened(self, version: str) -> OpenedRelease:
        return open_release(self.store, "demo", version)

    def ids(self, version: str) -> set[str]:
        return {row["id"] for row in rows(self.opened(version), "shards")}


def rows(release: OpenedRelease, kind: str) -> list[dict[str, Any]]:
    tables = [pq.read_table(release.store.open(e["key"])) for e in release.entries(kind)]
    return pa.concat_tables(tables).to_pylist() if tables else []


def row(source_id: str, text: str, url: str | None = None) -> dict[str, Any]:
    url = url or f"https://www.site{source_id[-1]}.example/{source_id}"
    return {"id": source_id, "text": text, "title": f"公告{source_id}", "url": url}


def grown(folder: Path) -> Built:
    """0.9.0 of news alone, 1.0.0 of gov and news, 1.1.0 with papers on top.

    The private text is gov/secret; news has an exact copy, papers a near one; both are dropped, but
    0.9.0 keeps that of news.
    """
    corpus = Built(folder)
    pasted = "\n".join([article(1, 9), *["南京市长江大桥南侧匝道恢复通行示意图（资料图片）"] * 4])
    gov = [row(f"g{n}", article(n)) for n in range(12)]
    gov += [row("secret", private_text(), PRIVATE_URL), row("pasted", pasted)]
    corpus.deliver("gov", "a", gov)
    news = [row(f"n{n}", article(100 + n)) for n in range(8)]
    news += [row("copy", private_text(), f"{PRIVATE_URL}?from=news"), row("same", article(3))]
    corpus.deliver("news", "a", news)
    corpus.build("0.9.0", "news")
    corpus.build("1.0.0", "gov", "news")
    papers = [row(f"p{n}", article(200 + n)) for n in range(5)]
    papers.append(row("near", f"{private_text()}本报讯。", f"{PRIVATE_URL}?from=papers"))
    corpus.deliver("papers", "a", papers)
    corpus.build("1.1.0", "papers", parent="1.0.0")
    return corpus


def copied(corpus: Built, folder: Path) -> Built:
    """The same corpus somewhere else."""
    for name in ("root", "deliveries", "partners"):
        shutil.copytree(corpus.folder / name, folder / name)
    for path in (folder / "partners").iterdir():
        body = path.read_text(encoding="utf-8").replace(str(corpus.folder), str(folder))
        path.write_text(body, encoding="utf-8")
    return replace(corpus, folder=folder)


NOTHING = Selection((), (PRIVATE_URL,), None, None, None, None, None)


class Asked(NamedTuple):
    """A takedown, and the version that it corrects."""

    release: str
    request: Request


def request(**given: Any) -> Asked:
    """A takedown of the private text from 1.1.0, unless told otherwise."""
    selection = replace(
        NOTHING, **{name: given.pop(name) for name in [*given] if hasattr(NOTHING, name)}
    )
    values = {
        "version": "1.1.1",
        "selection": selection,
        "reason": "request 17",
        "policy": Policy.REMOVE,
        "is_redacting": False,
    }
    return Asked(given.pop("release", "1.1.0"), Request(**(values | given)))


class Crash(BaseException):
    """The process is gone."""


class CrashingStore(DirectoryStore):
    """Is gone before the n-th request that would change something."""

    def __init__(self, root: Path, n: int) -> None:
        super().__init__(root)
        self.left = n

    def _ask(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash

    def put(self, key: str, body: bytes) -> None:
        self._ask()
        super().put(key, body)

    def put_new(self, key: str, body: bytes) -> bool:
        self._ask()
        return super().put_new(key, body)

    def put_file(self, key: str, path: Path) -> None:
        self._ask()
        super().put_file(key, path)

    def delete(self, key: str) -> None:
        self._ask()
        super().delete(key)


def objects_with(root: Path, *wanted: str) -> list[Path]:
    """The objects that hold any of these words, as they are or when read as Parquet."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return [path for path in files if is_told(path.name, path.read_bytes(), *wanted)]


def is_told(name: str, body: bytes, *wanted: str) -> bool:
    """Whether an object holds any of these words, as it is or when read as Parquet."""
    if name.endswith(".parquet"):
        table = body if body.endswith(b"PAR1") else body_of(body)  # as a release or a stage has it
        rows = pq.read_table(pa.BufferReader(table)).to_pylist()
        body += orjson.dumps(rows, default=lambda value: value.hex())
    return any(word.encode() in body for word in wanted)
