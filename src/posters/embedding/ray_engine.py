"""Embedding on a Ray cluster: Ray Data sends posters to workers and returns their vectors.

Each worker receives the network once and then a few posters at a time; if it dies, Ray gives its
posters to another worker. Importing this module does not need Ray.
"""

import contextlib
import importlib.util
import logging
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posters.embedding.backbone import Backbone, BackboneInfo, VectorBatches
from posters.embedding.embeddings import read_unchanged
from posters.embedding.openvino_model import BACKBONE_MODEL, OpenVinoModel, openvino_files
from posters.errors import ClusterError, DataError, PosterRefused, PostersError
from posters.processors import cores

Columns = dict[str, NDArray[Any]]
"""A few posters as Ray Data passes them on: one array a column, one entry a poster."""

_POSTERS_AT_ONCE = 16  # per task of a worker
_BATCH_SIZE = 2  # pictures per forward pass
_REACH_TIMEOUT = 10.0  # seconds
_OBJECT_STORE = 500_000_000  # bytes; Ray's default is a third of the memory
_BAD_MACHINE, _CHANGED = "bad machine", "changed"


def embed_with_ray(files: Mapping[str, Path], backbone: Backbone, model: Path) -> VectorBatches:
    """Embed poster files on a Ray cluster, with the same bytes as `backbone.batches` gives here.

    `files` are by their SHA-256; only this machine reads them. `model` is the OpenVINO model of
    `backbone`.

    Raises:
        PosterRefused: a poster can't be read.
        DataError: a poster's SHA-256 differs.
        ClusterError: see `ray_cluster`; or a machine can't run the network or gives other vectors.
    """
    with ray_cluster() as ray:
        try:
            for columns in _embedded_columns(ray, files, backbone, model):
                reason, _, detail = str(columns["problem"][0]).partition(": ")
                if reason == _BAD_MACHINE:
                    raise ClusterError(f"{detail}; vectors computed so far are kept")
                if reason == _CHANGED:
                    raise DataError(detail)
                if reason:
                    raise PosterRefused(reason, detail)
                yield columns["vector"]
        except (ray.exceptions.RayError, ray.data.exceptions.SystemException) as error:
            raise ClusterError(
                f"the Ray cluster could not embed ({_lines(error)[-1]}): check that `make ray` was "
                "run on each of its machines; vectors computed so far are kept"
            ) from error


def _lines(error: Exception) -> list[str]:
    return str(error).strip().splitlines() or [type(error).__name__]


@contextlib.contextmanager
def ray_cluster() -> Iterator[Any]:
    """The module `ray`, connected to a cluster while the `with` block runs.

    `RAY_ADDRESS` (`auto`, or HOST:PORT) names the cluster; this machine must be part of it. Without
    it, a cluster on this machine starts, which other machines can't reach, and ends with the block.
    This package is sent to the workers, the packages that it needs are not.

    Raises:
        ClusterError: Ray is not installed, or the cluster can't be reached or has no processor.
    """
    if importlib.util.find_spec("ray") is None:
        raise ClusterError(
            "embed.engine: ray needs Ray, which is not installed: run `make ray`, "
            "or set embed.engine to local"
        )
    address = os.environ.get("RAY_ADDRESS") or "local"
    if address not in ("auto", "local"):
        # Ray itself would try for minutes.
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), _REACH_TIMEOUT).close()
        except (OSError, ValueError, OverflowError) as error:
            raise ClusterError(
                f"no Ray cluster answers at RAY_ADDRESS={address} ({error}); expected auto or "
                "HOST:PORT of a cluster that includes this machine: start one with "
                "`ray start --head`, or unset RAY_ADDRESS to use this machine alone"
            ) from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == "local":
        # On Linux, Ray would otherwise listen on all interfaces and run whatever it is sent.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # Otherwise Ray writes a token to the home folder.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        # Ray prints the last log lines of a lost machine, whatever its logging level.
        null = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(null))
        settings: dict[str, Any] = {}
        if address == "local":
            # In /tmp, because paths of sockets must be short.
            folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            settings = {
                "num_cpus": cores(),
                "object_store_memory": _OBJECT_STORE,
                "include_dashboard": False,
                "_temp_dir": folder,
            }
        stack.callback(ray.shutdown)
        package = str(Path(__file__).parents[1])
        try:
            ray.init(
                address,
                runtime_env={"py_modules": [package], "excludes": ["__pycache__"]},
                log_to_driver=False,
                logging_level=logging.ERROR,
                **settings,
            )
        except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                f"Ray can't use the cluster {address} ({_lines(error)[0]}): expected a cluster "
                "with the same versions of Python and Ray that includes this machine; add it with "
                "`ray start --address=HOST:6379`"
            ) from error
        if not ray.cluster_resources().get("CPU"):
            raise ClusterError(
                "the Ray cluster has no processor: add a machine to it with "
                "`ray start --address=HOST:6379`"
            )
        yield ray


def _embedded_columns(
    ray: Any, files: Mapping[str, Path], backbone: Backbone, model: Path
) -> Iterator[Columns]:
    """Columns `vector` and `problem`, a few posters at a time, in order."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    # Kept until the end, so that workers that start later can fetch it.
    network = ray.put([file.read_bytes() for file in openvino_files(model)])
    posters = ray.data.from_items(
        [{"sha256": digest, "path": str(path)} for digest, path in files.items()],
        override_num_blocks=-(-len(files) // _POSTERS_AT_ONCE),
    )
    this_machine = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    contents = posters.map_batches(
        read_files, batch_size=None, num_cpus=0, concurrency=1, label_selector=this_machine
    )
    embedded = contents.map_batches(
        Worker,
        fn_constructor_args=(network, backbone.info, backbone.probe()),
        batch_size=None,
        num_cpus=1,
        # Without a maximum, so that machines that join later are used.
        compute=ray.data.ActorPoolStrategy(
            min_size=1,
            initial_size=int(ray.cluster_resources()["CPU"]),
            max_tasks_in_flight_per_actor=2,
        ),
    )
    yield from embedded.iter_batches(batch_size=None, batch_format="numpy")


def read_files(columns: Columns) -> Columns:
    """Turn `sha256` and `path` into `content` and `problem`; runs where the files are."""
    contents = np.full(len(columns["path"]), b"", dtype=object)
    problem = ""
    for row, path in enumerate(columns["path"]):
        try:
            contents[row] = read_unchanged(str(columns["sha256"][row]), Path(path))
        except PosterRefused as refusal:
            problem = str(refusal)
        except DataError as error:
            problem = f"{_CHANGED}: {error}"
    return {"content": contents, "problem": np.array([problem] * len(contents))}


class Worker:
    """The network on one processor of the cluster.

    `network` refers to the contents of the OpenVINO model's files; `probe` is `Backbone.probe` of
    the machine that keeps the vectors. Problems are returned, not raised: after an exception Ray
    would start another worker, which would fail too.
    """

    def __init__(self, network: Any, info: BackboneInfo, probe: str) -> None:
        import ray

        self._info = info
        self._problem = ""
        machine = f"{_BAD_MACHINE}: the cluster's machine {ray.util.get_node_ip_address()}"
        name = Path(BACKBONE_MODEL)
        try:
            content = ray.get(network)
            model = OpenVinoModel(name, precision=info.precision, threads=1, content=content)
            self._backbone = Backbone(model, info, _BATCH_SIZE)
            if self._backbone.probe() != probe:
                self._problem = (
                    f"{machine} gives other vectors than this one: run `make ray` there at the "
                    "same commit and restart its Ray; if its processor is of another type, remove "
                    "the machine"
                )
        except (PostersError, ImportError, OSError, RuntimeError) as error:
            self._problem = f"{machine} can't run the network ({error})"

    def __call__(self, columns: Columns) -> Columns:
        """Turn the columns of `read_files` into `vector` and `problem`."""
        contents = columns["content"]
        vectors = np.zeros((len(contents), self._info.embedding_size), np.float32)
        problem = self._problem or columns["problem"][0]
        if not problem:
            try:
                vectors = self._backbone.embed([bytes(content) for content in contents])
            except PosterRefused as refusal:
                problem = str(refusal)
        return {"vector": vectors, "problem": np.array([problem] * len(contents))}
