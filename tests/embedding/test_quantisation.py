"""The precision of a network: how it is chosen, and how whole numbers do."""

import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from parts import embed_params
from processes import run

from posters.embedding import precision
from posters.embedding.imagenet_weights import VGG16_SHA256
from posters.embedding.keras_backbone import load_backbone
from posters.embedding.openvino_model import OpenVinoModel, convert_model, save_model
from posters.embedding.precision import choose_precision, precision_for
from posters.embedding.quantisation import largest_activations, quantise
from posters.errors import BackboneError

PARAMS = embed_params(backbone="VGG16", input_size=(32, 64))


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.float32]:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 32, 3))
    return pixels.astype(np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, pictures: NDArray[np.float32]) -> Path:
    """A folder with the same network in float32 and in int8."""
    folder = tmp_path_factory.mktemp("models")
    network = convert_model(load_backbone(PARAMS).whole_model())
    save_model(network, folder / "float32.xml")
    quantise(network, largest_activations(network, pictures))
    save_model(network, folder / "int8.xml")
    return folder


@pytest.mark.slow
def test_vectors_are_nearly_those_of_float32(models: Path, pictures: NDArray[np.float32]) -> None:
    exact = OpenVinoModel(models / "float32.xml")(pictures.copy())
    whole = OpenVinoModel(models / "int8.xml", precision="int8")(pictures.copy())
    cosine = (exact * whole).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(whole, axis=1)
    assert 1e-8 < (1 - cosine).max() < 1e-3
    sizes = [(models / f"{name}.bin").stat().st_size for name in ("int8", "float32")]
    assert sizes[0] < 0.3 * sizes[1]


@pytest.mark.slow
def test_activations_beyond_the_known_range_are_cut_off(
    models: Path, pictures: NDArray[np.float32], tmp_path: Path
) -> None:
    network = convert_model(load_backbone(PARAMS).whole_model())
    quantise(network, [1.0] * 13)
    save_model(network, tmp_path / "cut.xml")
    vectors = OpenVinoModel(tmp_path / "cut.xml", precision="int8")(pictures.copy())
    assert vectors.max() <= 1.0 < OpenVinoModel(models / "int8.xml")(pictures.copy()).max()


@pytest.mark.slow
def test_processors_with_fewer_instructions_give_the_same_bytes(
    models: Path, pictures: NDArray[np.float32]
) -> None:
    """With kernels of eight bits instead of seven, sums of AVX2 overflow."""
    script = (
        "import hashlib, sys\n"
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from posters.embedding.openvino_model import OpenVinoModel\n"
        "pictures = np.load(sys.argv[1])\n"
        "vectors = OpenVinoModel(Path(sys.argv[2]), precision='int8')(pictures)\n"
        "print(hashlib.sha256(vectors.tobytes()).hexdigest())\n"
    )
    np.save(models / "pictures.npy", pictures)
    command = (sys.executable, "-c", script, models / "pictures.npy", models / "int8.xml")
    digests = {
        run("env", f"ONEDNN_MAX_CPU_ISA={instructions}", *command, check=True).stdout
        for instructions in ("AVX2", "AVX512_CORE", "DEFAULT")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(("supported", "rounded"), [(True, "bfloat16"), (False, "float32")])
def test_auto_depends_on_network_weights_and_processor(
    monkeypatch: pytest.MonkeyPatch, supported: bool, rounded: str
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: supported)
    assert choose_precision("auto", "VGG16", VGG16_SHA256) == "int8"
    assert choose_precision("auto", "VGG16", "other weights") == rounded
    assert choose_precision("auto", "MobileNetV2", "any weights") == "float32"
    assert choose_precision("bfloat16", "MobileNetV2", "any weights") == rounded
    assert choose_precision("float32", "VGG16", VGG16_SHA256) == "float32"


def test_int8_needs_known_ranges() -> None:
    with pytest.raises(BackboneError, match=r"int8.*MobileNetV2.*expected VGG16 with ImageNet"):
        choose_precision("int8", "MobileNetV2", "any weights")


def test_processor_without_bfloat16_reads_vectors_that_float32_equals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    assert precision_for("int8", "VGG16") == "int8"
    assert precision_for("bfloat16", "VGG16") == "float32"
    assert precision_for("bfloat16", "MobileNetV2") is None
