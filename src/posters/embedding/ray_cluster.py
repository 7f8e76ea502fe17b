"""A Ray cluster: the one that `RAY_ADDRESS` names, or a new one on this machine alone.

Importing this module is cheap, and needs no Ray.
"""

import contextlib
import importlib.util
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posters.embedding.backbone import cores
from posters.errors import ClusterError

_REACH_TIMEOUT = 10.0  # seconds
# What is on its way between processes; Ray itself would take a third of the memory for it.
_LOCAL_STORE = 500_000_000  # bytes


def require_ray() -> None:
    """Say what to install where Ray is absent.

    Raises:
        ClusterError: it is.
    """
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(
            "embed.engine: ray needs Ray, which is not installed: run `make ray`, "
            "or set embed.engine to local"
        )


@contextlib.contextmanager
def connected() -> Iterator[Any]:
    """Ray, connected to a cluster while the `with` block runs, and silent.

    `RAY_ADDRESS` names the cluster (`auto`, or host:port); this machine must be part of it, as
    posters are read here. Without it a cluster begins on this machine, reachable from nowhere else,
    and ends with the block. This package is sent to the workers, the packages it needs are not.

    Raises:
        ClusterError: Ray is not installed, or the cluster can't be reached or has no processor.
    """
    require_ray()
    address = os.environ.get("RAY_ADDRESS") or "local"
    _must_be_reachable(address)
    # Nothing is reported to anyone about how this is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == "local":
        # Else Ray listens on every interface, whatever address it is given, and runs what it is
        # told to by whoever connects. On macOS this is the default.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # Else Ray leaves a secret in the person's home.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        # Ray prints a machine's last words, forty lines of them, whatever it is told about logs.
        stack.enter_context(contextlib.redirect_stdout(stack.enter_context(_nowhere())))
        new = _settings_of_a_new_cluster(stack) if address == "local" else {}
        try:
            ray.init(
                address,
                runtime_env={
                    "py_modules": [str(Path(__file__).parents[1])],
                    "excludes": ["__pycache__"],
                },
                log_to_driver=False,
                logging_level=logging.ERROR,
                **new,
            )
        except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                f"Ray can't use the cluster {address} ({_first_line(error)}): expected one of the "
                "same versions of Python and Ray that this machine is part of; make it so with "
                "`ray start --address=HOST:6379`"
            ) from error
        finally:
            stack.callback(ray.shutdown)
        yield ray


def processors(ray: Any) -> int:
    """How many processors the cluster has.

    Raises:
        ClusterError: none.
    """
    count = int(ray.cluster_resources().get("CPU", 0))
    if not count:
        raise ClusterError(
            "the Ray cluster has no processor to embed with: add a machine to it with "
            "`ray start --address=HOST:6379`"
        )
    return count


@contextlib.contextmanager
def telling_of_losses(ray: Any) -> Iterator[None]:
    """Tell which machines the cluster lost while the `with` block ran, if it ends well."""
    before = _machines(ray)
    yield
    for machine in sorted((before - _machines(ray)).elements()):
        print(
            f"embed: the cluster lost its machine {machine} on the way; the others did its work",
            file=sys.stderr,
        )


def _machines(ray: Any) -> Counter[str]:
    return Counter(node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"])


def _must_be_reachable(address: str) -> None:
    # Ray takes minutes to find out.
    if address in ("auto", "local"):
        return
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdigit():
        raise ClusterError(
            f"RAY_ADDRESS is {address!r}; expected auto or HOST:PORT, of a cluster that this "
            "machine is part of, as the posters are read here"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_TIMEOUT).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"no Ray cluster answers at {address} ({error}): start one with `ray start --head`, "
            "or unset RAY_ADDRESS to use this machine alone"
        ) from error


def _settings_of_a_new_cluster(stack: contextlib.ExitStack) -> dict[str, Any]:
    # Not in the folder for temporary files that macOS names: sockets lie in it, and the names of
    # sockets must be short.
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return {
        "num_cpus": cores(),
        "object_store_memory": _LOCAL_STORE,
        "include_dashboard": False,
        "_temp_dir": folder,
    }


@contextlib.contextmanager
def _nowhere() -> Iterator[Any]:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        yield nowhere


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
