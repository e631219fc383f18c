"""A private local Ray: it listens on the loopback alone and requires a token made for it.

Started plainly, Ray listens on every interface and runs whatever code is sent to it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator

from ray._private import ray_constants
from ray._raylet import AuthenticationTokenLoader, Config

_TOKEN_BYTES = 32


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """Let a Ray that is started inside be reached by this process and its own workers only.

    What is started takes over the environment of this moment, which is put back after it.
    """
    changes = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(_TOKEN_BYTES),
        # Without clusters Ray takes the loopback for the node's address: this process reads the
        # constant, the processes that it starts read the environment.
        ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR: "0",
    }
    before = {name: os.environ.get(name) for name in changes}
    is_clustered = ray_constants.ENABLE_RAY_CLUSTER
    os.environ.update(changes)
    ray_constants.ENABLE_RAY_CLUSTER = False
    _read_environment_again()
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = is_clustered
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def show_token() -> None:
    """Make Ray present the token of the environment, or of its file, to a cluster that it joins.

    By itself Ray does so only where `RAY_AUTH_MODE` is `token`.
    """
    _read_environment_again()
    has_token = AuthenticationTokenLoader.instance().has_token(ignore_auth_mode=True)
    os.environ.setdefault("RAY_AUTH_MODE", "token" if has_token else "disabled")
    _read_environment_again()


def _read_environment_again() -> None:
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()
