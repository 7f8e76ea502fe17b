"""Embedding on many machines: Ray Data carries posters to workers, and their vectors back.

This machine reads the files, so that no other needs to see them, and keeps the vectors. A worker
gets the network once, and bytes of posters, a few at a time. If it dies, Ray gives its posters to
another. Every table has a row a poster; a poster that is refused says so in its row.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posters.embedding import ray_cluster as cluster
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import Batch, EmbeddingCache, embed_in_any_order
from posters.embedding.openvino_model import openvino_files
from posters.embedding.ray_worker import USELESS, Worker, read_files, versions
from posters.errors import ClusterError, PosterRefused

# Of one table: what is lost with a worker, and what lies in memory.
_POSTERS_AT_ONCE = 16
_BYTES_AT_ONCE = 8_000_000
_TABLES_A_WORKER = 6


def embed_missing_with_ray(
    cache: EmbeddingCache, files: Mapping[str, Path], backbone: Backbone, graph: Path
) -> int:
    """Embed the posters that the cache lacks on a Ray cluster (see `cluster.connected`).

    The vectors are those that `backbone` gives on this machine, to the byte.

    Args:
        cache: where vectors are kept; it is written after each table of posters.
        files: poster files by the digest of their content.
        backbone: the network as it runs here.
        graph: its file.

    Returns:
        How many were embedded.

    Raises:
        PosterRefused: a poster can't be read.
        ClusterError: Ray is not installed, the cluster can't be reached, or one of its machines
            can't do the work or gives other vectors than this one.
    """
    cluster.require_ray()
    return embed_in_any_order(cache, files, lambda missing: _vectors(missing, backbone, graph))


def _vectors(
    files: Mapping[str, Path], backbone: Backbone, graph: Path
) -> Generator[Batch, None, None]:
    with cluster.connected() as ray, cluster.telling_of_losses(ray):
        waiting = set(files)
        try:
            for table in _tables(ray, files, backbone, graph):
                _raise_refusal(table)
                digests = table["digest"].to_pylist()
                waiting -= set(digests)
                vectors = [np.frombuffer(row, "<f4") for row in table["vector"].to_pylist()]
                yield digests, np.stack(vectors)
        except (ray.exceptions.RayError, ray.data.exceptions.SystemException) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise ClusterError(
                f"the Ray cluster could not embed ({said[-1]}): see that `make ray` was run on "
                "each of its machines; what was embedded is kept"
            ) from error
        if waiting:
            raise ClusterError(
                f"the Ray cluster gave no vectors for {len(waiting)} posters: run `dvc repro` "
                "again; what was embedded is kept"
            )


def _tables(ray: Any, files: Mapping[str, Path], backbone: Backbone, graph: Path) -> Iterable[Any]:
    """Tables with `digest`, `vector` (float32, little-endian), `reason` and `detail`."""
    import pyarrow

    workers = cluster.processors(ray)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.resource_limits = context.execution_options.resource_limits.copy(
        object_store_memory=_BYTES_AT_ONCE * _TABLES_A_WORKER * workers
    )
    # Held here until the last vector has come: workers that begin later fetch it too.
    network = ray.put([file.read_bytes() for file in openvino_files(graph)])
    posters = ray.data.from_arrow(
        [
            pyarrow.table({"digest": digests, "path": [str(files[digest]) for digest in digests]})
            for digests in _in_pieces(files)
        ]
    )
    read = posters.map_batches(
        read_files,
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=0,
        concurrency=1,
        label_selector={"ray.io/node-id": ray.get_runtime_context().get_node_id()},
    )
    embedded = read.map_batches(
        Worker,
        fn_constructor_args=(network, backbone.info, backbone.probe(), versions()),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=1,
        # Without a maximum, so that machines that come later are used too.
        compute=ray.data.ActorPoolStrategy(
            min_size=1, initial_size=workers, max_tasks_in_flight_per_actor=2
        ),
    )
    yield from embedded.iter_batches(batch_size=None, batch_format="pyarrow")


def _in_pieces(files: Mapping[str, Path]) -> Iterator[list[str]]:
    """Digests of so many posters as travel together."""
    piece: list[str] = []
    size = 0
    for digest, path in files.items():
        # One that is missing is refused when it is read.
        coming = path.stat().st_size if path.is_file() else 0
        if piece and (len(piece) == _POSTERS_AT_ONCE or size + coming > _BYTES_AT_ONCE):
            yield piece
            piece, size = [], 0
        piece.append(digest)
        size += coming
    if piece:
        yield piece


def _raise_refusal(table: Any) -> None:
    """Raise what a worker said is wrong, if it did."""
    reason, detail = table["reason"][0].as_py(), table["detail"][0].as_py()
    if reason == USELESS:
        raise ClusterError(f"the cluster's machine {detail}; what was embedded is kept")
    if reason:
        raise PosterRefused(reason, detail)
