"""Embedding on a Ray cluster of two machines, both simulated by local processes."""

import contextlib
import importlib.util
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from parts import embed_params

from posters.embedding import ray_engine
from posters.embedding.backbone import Backbone
from posters.embedding.embeddings import EmbeddingCache, embed_missing
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.openvino_model import openvino_files
from posters.embedding.ray_engine import embed_with_ray, ray_cluster
from posters.errors import ClusterError, DataError, PosterRefused
from posters.files import sha256_of_file

# Before Ray is imported; otherwise its processes listen on all interfaces.
os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed (make ray)"
)

Network = tuple[Backbone, Path]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A small network of random weights, and its OpenVINO model."""
    return open_backbone(embed_params(), tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def files(draw: Callable[[str, int], Path]) -> list[Path]:
    return [draw(f"Ray {number}", 1920 + number) for number in range(24)]


def by_digest(files: list[Path]) -> dict[str, Path]:
    return {sha256_of_file(path): path for path in files}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of two machines of one processor each; the first is the one the posters are on."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # Workers must run the code that they are sent.
        patch.delenv("PYTHONPATH", raising=False)
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        settings = {"num_cpus": 1, "object_store_memory": 100_000_000}
        cluster = Cluster(
            initialize_head=True,
            head_node_args={
                **settings,
                "node_ip_address": "127.0.0.1",
                "include_dashboard": False,
                "_system_config": {"health_check_period_ms": 500, "health_check_timeout_ms": 1000},
            },
        )
        try:
            cluster.add_node(**settings, node_ip_address="127.0.0.1")
            patch.setenv("RAY_ADDRESS", cluster.address)
            patch.setattr(ray_engine, "_POSTERS_AT_ONCE", 2)
            yield cluster
        finally:
            cluster.shutdown()


def busy_workers(machine: Any) -> Iterator[psutil.Process]:
    """Processes of a machine that embed posters right now, by the title that Ray gives them."""
    (raylet,) = machine.all_processes["raylet"]
    for process in psutil.Process(raylet.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if "Worker)" in title and ".submit" in title:
                yield process


def suspended_worker(machine: Any) -> psutil.Process:
    """A worker of a machine, suspended in the middle of its work."""
    for _ in range(60_000):
        for process in busy_workers(machine):
            process.suspend()
            if process.pid in [busy.pid for busy in busy_workers(machine)]:
                return process
            process.resume()
        time.sleep(0.002)
    pytest.fail("no worker was ever busy")


@needs_ray
@pytest.mark.parametrize("content", [b"<html>not found</html>", None], ids=["broken", "missing"])
def test_unreadable_poster_is_refused_as_without_ray(
    network: Network,
    files: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
) -> None:
    import ray

    bad = tmp_path / "bad.jpg"
    if content:
        bad.write_bytes(content)
    with pytest.raises(PosterRefused) as expected:
        network[0].embed([bad])
    monkeypatch.setattr(ray, "get", lambda reference: reference)
    model = [file.read_bytes() for file in openvino_files(network[1])]
    worker = ray_engine.Worker(model, network[0].info, network[0].probe())

    def embed(paths: list[Path]) -> ray_engine.Columns:
        digests = [sha256_of_file(path) if path.exists() else "" for path in paths]
        named = {"sha256": np.array(digests), "path": np.array([str(path) for path in paths])}
        return worker(ray_engine.read_files(named))

    columns = embed([*files[:3], bad])
    assert columns["problem"][0] == str(expected.value)
    columns = embed(files[:3])
    assert columns["problem"][0] == ""
    np.testing.assert_array_equal(columns["vector"], network[0].embed(files[:3]))


@needs_ray
@pytest.mark.slow
def test_machine_with_other_vectors_is_refused_with_the_reason(
    machines: Any, network: Network, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network[0], "probe", lambda: "0" * 64)
    message = r"machine 127\.0\.0\.1 gives other vectors .*`make ray`"
    with pytest.raises(ClusterError, match=message):
        list(embed_with_ray(by_digest(files), *network))


@needs_ray
@pytest.mark.slow
def test_replaced_poster_is_an_error_that_names_it(
    machines: Any, network: Network, files: list[Path]
) -> None:
    with pytest.raises(DataError, match=rf"^{files[0].name} is not the poster .*`dvc repro`"):
        list(embed_with_ray({"0" * 64: files[0]}, *network))


@needs_ray
@pytest.mark.parametrize("address", ["cluster", "127.0.0.1:closed"])
def test_unusable_cluster_address_is_an_error(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # it does not listen
        address = address.replace("closed", str(closed.getsockname()[1]))
        monkeypatch.setenv("RAY_ADDRESS", address)
        message = rf"no Ray cluster answers at RAY_ADDRESS={address} .*expected auto or HOST:PORT"
        with pytest.raises(ClusterError, match=message), ray_cluster():
            pass


def test_missing_ray_is_an_error_that_names_the_command(
    network: Network, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"run `make ray`, or set embed.engine to local"):
        list(embed_with_ray(by_digest(files), *network))


# The last test of the file: it removes a machine of the cluster.
@needs_ray
@pytest.mark.slow
def test_bytes_are_the_same_though_a_worker_and_a_machine_are_killed(
    machines: Any,
    network: Network,
    files: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (other,) = machines.worker_nodes

    def kill() -> tuple[int, int]:
        # The first worker stays suspended until the other is busy too.
        with ThreadPoolExecutor() as both:
            here, there = both.map(suspended_worker, [machines.head_node, other])
        machines.remove_node(other, allow_graceful=False)
        there.kill()
        here.kill()
        return here.pid, there.pid

    cache = EmbeddingCache(tmp_path, network[0].info, network[0].probe())
    digests = by_digest(files)
    with ThreadPoolExecutor() as meanwhile:
        killed = meanwhile.submit(kill)
        embedded = embed_missing(cache, digests, lambda missing: embed_with_ray(missing, *network))
    here, there = killed.result()
    assert here != there
    assert embedded == len(files)
    np.testing.assert_array_equal(list(cache.get(list(digests))), network[0].embed(files))
    assert capsys.readouterr().out == ""
