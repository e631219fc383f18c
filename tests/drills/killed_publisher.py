"""A publisher killed while a write is on its way, which lands after its death.

usage: python -m tests.drills.killed_publisher [--megabytes 20]

On a server of its own, or on the one that HELIU_TEST_S3 names. A demo corpus is built up to the
release candidate; then `heliu publish` is killed (SIGKILL) at each kind of write. Prints what was
visible at its death and after the write had landed, and the exit codes of `heliu publish
resume=true`, of the same publish again, and of `heliu verify`. Fails unless everything ends well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

from jobs.synthesis import write_demo
from tests.commands import heliu, start
from tests.s3_server import Faults, faulty_proxy, fresh_bucket, s3_server

PLACES = ("/manifests/", "/state/", "/pending/", "/log/0", "/releases/")
_LANDING_SECONDS = 2.0
Verb = Callable[..., CompletedProcess[str]]


def killed_at(place: str, faults: Faults, publish: list[str]) -> None:
    """Kill the publisher while the proxy holds its write; the proxy still has it."""
    faults.forget()
    faults.only = place
    faults.plan.append("hold")
    running = start("publish", *publish)
    if not faults.held.wait(120):
        running.kill()
        raise SystemExit(f"nothing was written to {place}: {running.communicate()[0]}")
    running.kill()
    running.wait()


def released_versions(ask: Verb) -> list[str]:
    """As a reader sees them."""
    done = ask("releases", "format=json")
    return [release["version"] for release in json.loads(done.stdout)]


def drill(place: str, version: str, ask: Verb, faults: Faults, build: list[str]) -> list[object]:
    """One row: what was seen and answered."""
    this = [*build, f"corpus.version={version}"]
    killed_at(place, faults, this)
    before = version in released_versions(ask)
    faults.released.set()
    time.sleep(_LANDING_SECONDS)
    after = version in released_versions(ask)
    resumed = ask("publish", "resume=true", "corpus.name=demo", f"corpus.version={version}")
    again = ask("publish", *build[:-2], f"corpus.version={version}")
    verified = ask("verify", f"release={version}")
    if again.returncode or verified.returncode or resumed.returncode not in {0, 34}:
        sys.stderr.write(resumed.stderr + again.stderr + verified.stderr)
    return [place, before, after, resumed.returncode, again.returncode, verified.returncode]


def ask_directly(there: list[str], verb: str, *arguments: str) -> CompletedProcess[str]:
    """A verb that reaches the server without the proxy."""
    return heliu(verb, *arguments, *there)


def main() -> None:
    """Print a row for each place."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=20)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, s3_server() as address:
        demo = Path(folder) / "demo"
        write_demo(demo, size_bytes=given.megabytes * 10**6, seed=1, report=lambda _done: None)
        root = f"storage.root=s3://{fresh_bucket(address)}/r"
        direct = [root, f"storage.endpoint_url={address}"]
        build = ["--config-dir", str(demo / "conf"), "partners=[gov,news,papers]"]
        merged = heliu("merge", *build, "corpus.name=demo", "corpus.version=1.0.0", *direct)
        if merged.returncode:
            raise SystemExit(merged.stderr)
        with faulty_proxy(address) as (proxy, faults):
            shaky = [*build, "corpus.name=demo", root, f"storage.endpoint_url={proxy}"]
            ask = partial(ask_directly, direct)
            rows = [
                drill(place, f"1.0.{number}", ask, faults, shaky)
                for number, place in enumerate(PLACES)
            ]
    sys.stdout.write("write, visible at death, after landing, resume, publish, verify\n")
    sys.stdout.writelines(f"{row}\n" for row in rows)
    raise SystemExit(any(row[-1] or row[-2] or row[-3] not in {0, 34} for row in rows))


if __name__ == "__main__":
    main()
