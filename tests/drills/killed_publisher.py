"""A publisher killed while a write is on its way, which lands after its death.

usage: python -m tests.drills.killed_publisher ROOT

ROOT is a directory with one release, demo 1.0.0, as `heliu demo` and `heliu build` make it. It is
mirrored, which publishes as a build does, to a server of its own or the one that HELIU_TEST_S3
names, and killed (SIGKILL) at each kind of write. Prints what readers saw at its death and after
the write had landed, and the exit codes of `heliu publish resume=true`, of the same mirror again
and of `heliu verify`. Fails unless everything ends well.
"""

from __future__ import annotations

import json
import sys
import time

from tests.commands import heliu, start
from tests.s3_server import Faults, faulty_proxy, fresh_bucket, s3_server

PLACES = ("/blobs/", "/manifests/", "/state/", "/pending/", "/log/0", "/releases/")
_LANDING_SECONDS = 1.0
_NOTHING_PENDING = 34


def drill(place: str, local: str, address: str, proxy: str, faults: Faults) -> list[object]:
    """One row: what was seen and answered."""
    root = f"s3://{fresh_bucket(address)}/r"
    there = [f"storage.root={root}", f"storage.endpoint_url={address}"]
    mirror = ["mirror", f"storage.root={local}", f"to={root}"]
    faults.forget()
    faults.only = place
    faults.plan.append("hold")
    running = start(*mirror, f"to_endpoint_url={proxy}")
    is_held = faults.held.wait(60)
    running.kill()
    running.communicate()
    at_death = _seen(there)
    faults.released.set()
    time.sleep(_LANDING_SECONDS)
    landed = _seen(there)
    version = ["corpus.name=demo", "corpus.version=1.0.0"]
    resumed = heliu("publish", "resume=true", *version, *there).returncode
    again = heliu(*mirror, f"to_endpoint_url={address}").returncode
    verified = heliu("verify", *there).returncode
    is_well = is_held and resumed in {0, _NOTHING_PENDING} and not again and not verified
    return [place, at_death, landed, resumed, again, verified, "well" if is_well else "BAD"]


def _seen(there: list[str]) -> list[str]:
    """The versions a reader finds."""
    return [
        found["version"] for found in json.loads(heliu("releases", *there, "format=json").stdout)
    ]


def main() -> None:
    """Print a row for each place."""
    outcomes = []
    sys.stdout.write("write, seen at death, seen when landed, resume, again, verify\n")
    with s3_server() as address, faulty_proxy(address) as (proxy, faults):
        for place in PLACES:
            row = drill(place, sys.argv[1], address, proxy, faults)
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
            outcomes.append(row[-1])
    raise SystemExit("BAD" in outcomes)


if __name__ == "__main__":
    main()
