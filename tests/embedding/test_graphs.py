"""A graph answers as the Keras model it was written from, from the same bytes each time."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from posters.embedding.backbone import Backbone
from posters.embedding.keras_backbone import KerasBackbone, load_backbone
from posters.embedding.keras_import import import_keras
from posters.embedding.openvino_model import OpenVinoModel, openvino_files, write_openvino_model
from posters.errors import DataError
from posters.params import load_params
from posters.years import year_distribution
from posters.years.year_head import FittedHead, fit_head, predict

YEARS = np.arange(1950, 2010)


def random_posters(count: int) -> list[Image.Image]:
    """Blotches of all sizes, as pictures have them."""
    generator = np.random.default_rng(0)
    return [
        Image.fromarray(
            generator.integers(0, 256, (2 ** (2 + number % 5), 2 + number, 3)).astype(np.uint8)
        ).resize((120, 180), Image.Resampling.BICUBIC)
        for number in range(count)
    ]


@pytest.fixture(scope="module", params=["VGG16", "MobileNetV2"])
def backbone(request: pytest.FixtureRequest) -> KerasBackbone:
    """One whose pictures are preprocessed in Caffe's manner, one in TensorFlow's."""
    params = load_params().embed.model_copy(
        update={"backbone": request.param, "weights": "random", "input_size": (64, 96)}
    )
    return load_backbone(params)


@pytest.fixture(scope="module")
def graph(backbone: KerasBackbone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "backbone.xml"
    write_openvino_model(backbone.whole_model(), path)
    return path


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    one, other = one.astype(np.float64), other.astype(np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    result: NDArray[np.float64] = (one * other).sum(axis=1) / lengths
    return result


def test_a_graph_gives_the_vectors_that_keras_gives(backbone: KerasBackbone, graph: Path) -> None:
    posters = random_posters(7)
    by_keras = backbone.embed(posters)
    by_graph = Backbone(OpenVinoModel(graph), backbone.info, 3).embed(posters)
    assert (1 - cosine(by_keras, by_graph)).max() < 1e-8
    scale = np.abs(by_keras).max(axis=1, keepdims=True)
    assert (np.abs(by_keras - by_graph) / scale).max() < 2e-5
    # What is left of the colours is not of the network.
    np.testing.assert_array_equal(
        by_keras[:, backbone.info.colour], by_graph[:, backbone.info.colour]
    )


def test_a_vector_is_the_same_to_the_bit_whatever_comes_with_it(
    backbone: KerasBackbone, graph: Path
) -> None:
    posters = random_posters(5)
    together = Backbone(OpenVinoModel(graph), backbone.info, 5).embed(posters)
    for size in (1, 2):
        alone = Backbone(OpenVinoModel(graph), backbone.info, size).embed(posters[::-1])[::-1]
        np.testing.assert_array_equal(alone, together)


def test_the_same_model_gives_the_same_bytes(
    backbone: KerasBackbone, graph: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.xml"
    write_openvino_model(backbone.whole_model(), again)
    for one, other in zip(openvino_files(graph), openvino_files(again), strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.fixture(scope="module", params=["distribution", "scalar"])
def head(request: pytest.FixtureRequest) -> FittedHead:
    generator = np.random.default_rng(0)
    years = generator.choice(YEARS, 300)
    vectors = generator.normal(size=(300, 40)).astype(np.float32)
    vectors[:, 0] += (years - 1980) / 10
    params = load_params().train.model_copy(update={"head": request.param, "epochs": 5})
    return fit_head(vectors, years, YEARS, params)


def test_a_graph_dates_as_the_keras_head_does(head: FittedHead, tmp_path: Path) -> None:
    write_openvino_model(head.model, tmp_path / "head.xml")
    asked = 2 * np.random.default_rng(1).normal(size=(200, 40)).astype(np.float32)
    asked[0] = 1e6  # what is too far out stays so
    by_keras = predict(head.model, asked, YEARS)
    by_graph = year_distribution.as_distribution(
        OpenVinoModel(tmp_path / "head.xml", 64)(asked), YEARS
    )
    for read in (year_distribution.median, year_distribution.mean):
        np.testing.assert_allclose(read(by_graph, YEARS), read(by_keras, YEARS), atol=0.01)


def small_model() -> Any:
    keras = import_keras()
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(2)(inputs))


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_missing_or_damaged_file_is_an_error_that_says_what_to_do(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / "model" / "head.xml"
    path.parent.mkdir()
    write_openvino_model(small_model(), path)
    file = path.with_suffix(suffix)
    for damage in (b"", file.read_bytes()[:20]):
        file.write_bytes(damage)
        with pytest.raises(DataError, match=r"data/model/head.xml is damaged .*run `dvc repro`"):
            OpenVinoModel(path)
    file.unlink()
    with pytest.raises(DataError, match=rf"data/model/head{suffix} is missing: run `dvc repro`"):
        OpenVinoModel(path)


def test_threads_may_all_ask_for_the_first_time_at_once(tmp_path: Path) -> None:
    """Bindings that are not ready for that hang in every second process."""
    write_openvino_model(small_model(), tmp_path / "small.xml")
    script = (
        "import sys, threading\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from posters.embedding.openvino_model import OpenVinoModel\n"
        "graph, together = OpenVinoModel(Path(sys.argv[1]), many=True), threading.Barrier(8)\n"
        "def ask():\n"
        "    together.wait()\n"
        "    graph(np.zeros((2, 3), np.float32))\n"
        "threads = [threading.Thread(target=ask) for _ in range(8)]\n"
        "for thread in threads: thread.start()\n"
    )
    for _ in range(6):
        subprocess.run(
            [sys.executable, "-c", script, tmp_path / "small.xml"], check=True, timeout=90
        )
