"""What a Ray cluster runs: reading posters where they lie, and the network on every processor.

Every table has a row a poster. What goes wrong is said in its rows, not raised: to Ray an error is
a worker's end, and the beginning of another that fails in the same way.
"""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from posters.embedding.backbone import Backbone, BackboneInfo
from posters.embedding.openvino_model import BACKBONE_MODEL, OpenVinoModel
from posters.errors import PosterRefused, PostersError
from posters.images.pictures import read_poster_file

USELESS = "useless machine"
"""The reason of a refusal that is no poster's but its machine's."""

# Of one forward pass: the result is the same.
_PICTURES_AT_ONCE = 2
_PACKAGES = ("numpy", "openvino", "pillow")


def read_files(table: Any) -> Any:
    """Paths to bytes; runs where the files are."""
    import pyarrow

    digests, contents, refused = table["digest"].to_pylist(), [], None
    for path in table["path"].to_pylist():
        try:
            contents.append(read_poster_file(Path(path)))
        except PosterRefused as error:
            contents.append(b"")
            refused = refused or error
    reason, detail = (refused.reason, refused.detail) if refused else ("", "")
    return pyarrow.table(
        {
            "digest": digests,
            "content": pyarrow.array(contents, pyarrow.binary()),
            "reason": [reason] * len(digests),
            "detail": [detail] * len(digests),
        }
    )


class Worker:
    """The network on one processor of some machine: tables of posters in, of vectors out.

    Args:
        network: reference to the contents of the graph's files.
        info: what the network is.
        probe: what the network gives known pictures (`Backbone.probe`) where the cache is.
        driver: `versions` there.
    """

    def __init__(
        self, network: Any, info: BackboneInfo, probe: str, driver: Mapping[str, str]
    ) -> None:
        import ray

        self._trouble = ""
        self._where = ray.util.get_node_ip_address()
        try:
            self._backbone = _open(ray.get(network), info)
            if self._backbone.probe() != probe:
                self._trouble = _difference(driver)
        except (PostersError, ImportError, OSError, RuntimeError) as error:
            self._trouble = f"can't run the network ({error})"

    def __call__(self, table: Any) -> Any:
        """Vectors of a table that `read_files` made, or why there are none, the same for all."""
        if self._trouble:
            return _refusal(table, USELESS, f"{self._where} {self._trouble}")
        if table["reason"][0].as_py():
            return table.drop_columns("content")
        try:
            vectors = self._backbone.embed(table["content"].to_pylist())
        except PosterRefused as refused:
            return _refusal(table, refused.reason, refused.detail)
        rows = [vector.astype("<f4").tobytes() for vector in vectors]
        return table.drop_columns("content").append_column("vector", [rows])


def _refusal(table: Any, reason: str, detail: str) -> Any:
    import pyarrow

    count = len(table)
    return pyarrow.table(
        {"digest": table["digest"], "reason": [reason] * count, "detail": [detail] * count}
    )


def _open(network: Sequence[bytes], info: BackboneInfo) -> Backbone:
    """The network from its graph's files, for one processor."""
    # Not by way of files: what is killed meanwhile would leave them behind.
    graph = OpenVinoModel(
        Path(BACKBONE_MODEL), precision=info.precision, threads=1, content=network
    )
    return Backbone(graph, info, _PICTURES_AT_ONCE)


def versions() -> dict[str, str]:
    """The packages that vectors depend on."""
    return {package: metadata.version(package) for package in _PACKAGES}


def _difference(driver: Mapping[str, str]) -> str:
    """Why vectors are others here than where the packages have these versions."""
    others = [
        f"{package} {here} for {driver[package]}"
        for package, here in versions().items()
        if here != driver[package]
    ]
    if others:
        return (
            "gives other vectors than this one, and has other packages "
            f"({', '.join(others)}): run `make ray` there, at the same commit, and start its Ray "
            "again"
        )
    return (
        "gives other vectors than this one with the same packages, as processors of another kind "
        "do: take it out of the cluster (`ray stop` there), or set embed.engine to local"
    )
