"""An OpenVINO model gives the results of the Keras model it was converted from."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from parts import embed_params
from PIL import Image
from processes import run

from posters.embedding.backbone import Backbone
from posters.embedding.keras_backbone import KerasBackbone, load_backbone
from posters.embedding.keras_import import import_keras
from posters.embedding.openvino_model import OpenVinoModel, convert_model, save_model
from posters.errors import DataError


@pytest.fixture(scope="module")
def posters() -> list[Image.Image]:
    """Spots of several sizes."""
    generator = np.random.default_rng(0)
    sizes = [(2 ** (2 + number % 5), 2 + number, 3) for number in range(7)]
    pictures = [Image.fromarray(generator.integers(0, 256, size, np.uint8)) for size in sizes]
    return [picture.resize((120, 180), Image.Resampling.BICUBIC) for picture in pictures]


@pytest.fixture(scope="module", params=["VGG16", "MobileNetV2"])
def backbone(request: pytest.FixtureRequest) -> KerasBackbone:
    """Two networks with different preprocessing."""
    return load_backbone(embed_params(backbone=request.param))


@pytest.fixture(scope="module")
def model(backbone: KerasBackbone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "backbone.xml"
    save_model(convert_model(backbone.whole_model()), path)
    return path


def test_vectors_are_those_of_keras_whatever_the_batch(
    backbone: KerasBackbone, model: Path, posters: list[Image.Image]
) -> None:
    expected = backbone.embed(posters)
    vectors = Backbone(OpenVinoModel(model), backbone.info, 3).embed(posters)
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(expected - vectors) / scale).max() < 2e-5
    for size in (1, 7):
        reverse = Backbone(OpenVinoModel(model), backbone.info, size).embed(posters[::-1])
        np.testing.assert_array_equal(reverse[::-1], vectors)


def dense_model() -> Any:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(8, activation="gelu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(hidden))


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_missing_or_damaged_file_is_an_error_that_says_what_to_do(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / "model" / "head.xml"
    path.parent.mkdir()
    save_model(convert_model(dense_model()), path)
    file = path.with_suffix(suffix)
    for damage in (b"", file.read_bytes()[:20]):
        file.write_bytes(damage)
        with pytest.raises(DataError, match=r"data/model is damaged \(head.xml: .*run `dvc repro`"):
            OpenVinoModel(path)
    file.unlink()
    with pytest.raises(DataError, match=rf"data/model is damaged \(head{suffix}: it is missing"):
        OpenVinoModel(path)


@pytest.mark.slow
def test_threads_may_make_the_first_call_at_the_same_time(tmp_path: Path) -> None:
    """Without the array in `import_openvino` every second process hangs."""
    save_model(convert_model(dense_model()), tmp_path / "small.xml")
    script = (
        "import sys, threading\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from posters.embedding.openvino_model import OpenVinoModel\n"
        "model, barrier = OpenVinoModel(Path(sys.argv[1]), many=True), threading.Barrier(8)\n"
        "def call():\n"
        "    barrier.wait()\n"
        "    model(np.zeros((2, 3), np.float32))\n"
        "threads = [threading.Thread(target=call) for _ in range(8)]\n"
        "for thread in threads: thread.start()\n"
    )
    for _ in range(6):
        run("timeout", "90", sys.executable, "-c", script, tmp_path / "small.xml", check=True)
