"""Embedding on a Ray cluster of two machines, both of them processes here: the same bytes.

One cluster serves the whole file; the test that kills one of its machines is the last.
"""

import contextlib
import importlib.util
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import ROOT

from posters.embedding import ray_cluster as cluster
from posters.embedding import ray_engine, ray_worker
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import EmbeddingCache, embed_missing
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.openvino_model import openvino_files
from posters.embedding.ray_engine import embed_missing_with_ray
from posters.errors import ClusterError, PosterRefused
from posters.files import sha256_of_file
from posters.params import load_params

# Before Ray is imported: else its machines listen on every interface.
os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="only embed.engine: ray needs Ray (make ray)",
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> tuple[Backbone, Path]:
    """A small network of random weights, and its graph."""
    params = load_params().embed.model_copy(
        update={"backbone": "MobileNetV2", "weights": "random", "input_size": (96, 96)}
    )
    return open_backbone(params, Path("nowhere"), tmp_path_factory.mktemp("graphs"))


@pytest.fixture(scope="module")
def files(draw: Callable[[str, int], Path]) -> dict[str, Path]:
    """Drawn posters by their digests."""
    drawn = [draw(f"Ray {number}", 1920 + number) for number in range(24)]
    return {sha256_of_file(path): path for path in drawn}


@pytest.fixture(scope="module")
def expected(
    network: tuple[Backbone, Path],
    files: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, bytes]:
    """The vectors that engine `local` keeps."""
    cache = cache_of(network, tmp_path_factory.mktemp("local"))
    assert embed_missing(cache, files, network[0].batches) == len(files)
    return kept(cache, files)


def cache_of(network: tuple[Backbone, Path], folder: Path) -> EmbeddingCache:
    return EmbeddingCache(folder, network[0].info, network[0].probe())


def kept(cache: EmbeddingCache, files: Mapping[str, Path]) -> dict[str, bytes]:
    """The bytes of every vector in a cache."""
    have = sorted(set(files) - set(cache.missing(list(files))))
    return {digest: vector.tobytes() for digest, vector in zip(have, cache.get(have), strict=True)}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of two machines of one processor each, the first of them this one."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # What runs there is what was sent there.
        patch.delenv("PYTHONPATH", raising=False)
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        settings = {"num_cpus": 1, "object_store_memory": 100_000_000}
        started = Cluster(
            initialize_head=True,
            head_node_args={
                **settings,
                "node_ip_address": "127.0.0.1",
                "include_dashboard": False,
                "_system_config": {"health_check_period_ms": 500, "health_check_timeout_ms": 1000},
            },
        )
        try:
            started.add_node(**settings, node_ip_address="127.0.0.1")
            patch.setenv("RAY_ADDRESS", started.address)
            patch.setattr(ray_engine, "_POSTERS_AT_ONCE", 2)
            yield started
        finally:
            started.shutdown()


def at_work(machine: Any) -> Iterator[psutil.Process]:
    """Processes of a machine that embed a table of posters right now, as Ray names them."""
    (raylet,) = machine.all_processes["raylet"]
    for process in psutil.Process(raylet.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if "Worker)" in title and ".submit" in title:
                yield process


def held_at_work(machine: Any) -> psutil.Process:
    """A worker of a machine, stopped in the middle of its work: it can't finish before it dies."""
    for _ in range(60_000):
        for process in at_work(machine):
            process.suspend()
            if process.pid in [busy.pid for busy in at_work(machine)]:
                return process
            process.resume()
        time.sleep(0.002)
    pytest.fail("no worker was ever at work")


class Counting(EmbeddingCache):
    """A cache that knows what was put into it, and what it had already."""

    put_in: list[str]

    def put(self, digests: Any, vectors: Any) -> None:
        self.put_in = [*getattr(self, "put_in", []), *digests]
        super().put(digests, vectors)


def counting(network: tuple[Backbone, Path], folder: Path) -> Counting:
    return Counting(folder, network[0].info, network[0].probe())


@needs_ray
@pytest.mark.parametrize("content", [b"<html>not found</html>", None], ids=["broken", "missing"])
def test_a_poster_that_cannot_be_read_is_refused_as_without_ray(
    network: tuple[Backbone, Path],
    files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
) -> None:
    """How a refusal comes back from a cluster, the next test shows; here is what a worker says."""
    import pyarrow
    import ray

    bad = tmp_path / "bad.jpg"
    if content:
        bad.write_bytes(content)
    with pytest.raises(PosterRefused) as without:
        network[0].embed([bad])
    monkeypatch.setattr(ray, "get", lambda reference: reference)
    graph = [file.read_bytes() for file in openvino_files(network[1])]
    worker = ray_worker.Worker(graph, network[0].info, network[0].probe(), ray_worker.versions())
    paths = [*files.values(), bad]
    table = pyarrow.table({"digest": [*files, "bad"], "path": [str(path) for path in paths]})
    with pytest.raises(PosterRefused) as refused:
        ray_engine._raise_refusal(worker(ray_worker.read_files(table)))
    assert str(refused.value) == str(without.value)
    others = worker(ray_worker.read_files(table.slice(0, len(files))))
    ray_engine._raise_refusal(others)
    assert others["vector"].to_pylist() == [
        vector.tobytes() for vector in network[0].embed(list(files.values()))
    ]


def test_posters_travel_in_pieces_of_bounded_number_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "_POSTERS_AT_ONCE", 3)
    monkeypatch.setattr(ray_engine, "_BYTES_AT_ONCE", 100)
    files = {}
    for name, size in {"a": 10, "b": 10, "c": 10, "d": 60, "e": 60, "f": 500, "g": 1}.items():
        files[name] = tmp_path / name
        files[name].write_bytes(bytes(size))
    files["gone"] = tmp_path / "gone"
    pieces = list(ray_engine._in_pieces(files))
    assert pieces == [["a", "b", "c"], ["d"], ["e"], ["f"], ["g", "gone"]]


@needs_ray
def test_a_machine_that_gives_other_vectors_is_refused_with_the_reason(
    machines: Any,
    network: tuple[Backbone, Path],
    files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = cache_of(network, tmp_path)
    monkeypatch.setattr(network[0], "probe", lambda: "0" * 64)
    monkeypatch.setattr(
        ray_engine, "versions", lambda: {**ray_worker.versions(), "openvino": "1.0"}
    )
    with pytest.raises(
        ClusterError,
        match=r"machine 127\.0\.0\.1 gives other vectors .*openvino .* for 1\.0.*make ray",
    ):
        embed_missing_with_ray(cache, files, *network)
    assert kept(cache, files) == {}


def test_the_same_packages_leave_the_processor_as_the_reason() -> None:
    said = ray_worker._difference(ray_worker.versions())
    assert "processors of another kind" in said
    assert "set embed.engine to local" in said


@needs_ray
@pytest.mark.parametrize(
    ("address", "reason"),
    [("ray://127.0.0.1:10001", "expected auto or HOST:PORT"), ("cluster", "expected auto or")],
)
def test_an_address_that_is_none_is_an_error(
    address: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ClusterError, match=reason), cluster.connected():
        pass


@needs_ray
def test_a_cluster_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{free.getsockname()[1]}")
        with (
            pytest.raises(ClusterError, match=r"no Ray cluster answers .*ray start"),
            cluster.connected(),
        ):
            pass


def test_without_ray_it_is_said_what_to_install(
    network: tuple[Backbone, Path],
    files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"run `make ray`, or set embed.engine to local"):
        embed_missing_with_ray(cache_of(network, tmp_path), files, *network)
    assert "\nray: setup" in (ROOT / "Makefile").read_text(encoding="utf-8")


@needs_ray
def test_the_same_bytes_though_a_worker_and_a_whole_machine_die_at_work(
    machines: Any,
    network: tuple[Backbone, Path],
    files: dict[str, Path],
    expected: dict[str, bytes],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (other,) = machines.worker_nodes

    def kill() -> tuple[int, int]:
        # The one that is first is held until the other is at work too.
        with ThreadPoolExecutor() as both:
            here, there = both.map(held_at_work, [machines.head_node, other])
        machines.remove_node(other, allow_graceful=False)
        there.kill()
        here.kill()
        return here.pid, there.pid

    cache = counting(network, tmp_path)
    with ThreadPoolExecutor() as meanwhile:
        killed = meanwhile.submit(kill)
        assert embed_missing_with_ray(cache, files, *network) == len(files)
    here, there = killed.result()
    assert here != there
    assert kept(cache, files) == expected
    assert sorted(cache.put_in) == sorted(files), "each once"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("lost its machine 127.0.0.1 on the way; the others did its work") == 1
    # Whatever made them, they are in the cache of both: no cluster is asked.
    assert embed_missing_with_ray(cache, files, *network) == 0
