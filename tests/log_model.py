"""What a corpus is, in plain dictionaries: fed by the bytes of its log, ignorant of its code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Model:
    """What a corpus is, in plain dictionaries."""

    manifests: dict[str, list[str]]
    digests: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    yanked: set[str] = field(default_factory=set)
    replaced: dict[str, str] = field(default_factory=dict)

    def apply(self, operation: dict[str, Any]) -> None:
        match operation:
            case {"op": "publish"}:
                self._publish(operation)
            case {"op": "tag", "name": name, "version": version}:
                self._name(name, version)
            case {"op": "rollback", "version": version}:
                self._name("latest", version)
            case {"op": "yank", "version": version, "reason": reason}:
                (self.yanked.add if reason else self.yanked.discard)(version)
            case {"op": "redact", "release": release, "substitutions": gone}:
                self._publish(release)
                for digest, file in gone.items():
                    self.replaced[digest] = file["text"]

    def _publish(self, operation: dict[str, Any]) -> None:
        assert operation["version"] not in self.digests, "one version was published twice"
        self.digests[operation["version"]] = operation["digest"]

    def _name(self, name: str, version: str | None) -> None:
        self.tags.pop(name, None)
        if version:
            self.tags[name] = version

    def latest(self) -> str | None:
        good = [version for version in self.digests if version not in self.yanked]
        return self.tags.get("latest", good[-1] if good else None)

    def texts(self, version: str) -> list[str]:
        return [self._now(text) for text in self.manifests[self.digests[version]]]

    def _now(self, text: str) -> str:
        digest = hashlib.sha256(f"正文：{text}。".encode()).hexdigest()
        return self._now(self.replaced[digest]) if digest in self.replaced else text
