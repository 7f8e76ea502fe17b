"""The network is built once, and again only if something it depends on has changed."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from posters.embedding import exported_backbone, keras_import, openvino_model
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.keras_backbone import KerasBackbone
from posters.embedding.openvino_model import has_bfloat16
from posters.errors import BackboneError
from posters.params import EmbedParams, load_params

NOWHERE = Path("nowhere")


@pytest.fixture(scope="module")
def params() -> EmbedParams:
    return load_params().embed.model_copy(
        update={
            "backbone": "MobileNetV2",
            "weights": "random",
            "input_size": (32, 64),
            "precision": "float32",
            "batch_size": 2,
        }
    )


@pytest.fixture(scope="module")
def networks(params: EmbedParams, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with a network of random weights."""
    folder = tmp_path_factory.mktemp("networks")
    open_backbone(params, NOWHERE, folder)
    return folder


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameter `weights` of each network that is built."""
    weights: list[str] = []
    original = exported_backbone.load_backbone

    def load(params: EmbedParams, *, weights_path: Path) -> Any:
        weights.append(params.weights)
        return original(params, weights_path=weights_path)

    monkeypatch.setattr(exported_backbone, "load_backbone", load)
    return weights


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (5, 60, 40, 3)).astype(np.uint8)
    return [Image.fromarray(picture) for picture in pixels]


def test_unchanged_network_is_not_built_again(
    params: EmbedParams, networks: Path, built: list[str], pictures: list[Image.Image]
) -> None:
    same = params.model_copy(update={"batch_size": None, "if_unreachable": "stop", "engine": "ray"})
    backbone, model = open_backbone(same, NOWHERE, networks)
    assert built == []
    assert model.is_file()
    assert backbone.info.weights == "random"
    assert backbone.embed(pictures).shape == (5, backbone.info.embedding_size)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"pooling": "avg"},
        {"input_size": (64, 64)},
        {"layers": ("block_3_expand_relu",)},
    ],
)
def test_other_parameters_build_another_network(
    params: EmbedParams, networks: Path, built: list[str], change: dict[str, object]
) -> None:
    first, _ = open_backbone(params, NOWHERE, networks)
    other, _ = open_backbone(params.model_copy(update=change), NOWHERE, networks)
    assert built == ["random"]
    assert first.info.fingerprint != other.info.fingerprint


def test_keras_runs_the_network_on_a_gpu(
    params: EmbedParams,
    networks: Path,
    pictures: list[Image.Image],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    openvino, model = open_backbone(params, NOWHERE, networks)
    monkeypatch.setattr(exported_backbone, "sees_gpu", lambda: True)
    by_keras, same_model = open_backbone(params, NOWHERE, networks)
    assert isinstance(by_keras, KerasBackbone)
    assert same_model == model  # for predict.py
    assert by_keras.info == openvino.info
    vectors = by_keras.embed(pictures)
    np.testing.assert_allclose(vectors, openvino.embed(pictures), rtol=1e-3, atol=1e-4)
    for picture, vector in zip(pictures, vectors, strict=True):
        np.testing.assert_array_equal(by_keras.embed([picture])[0], vector)


def test_gpu_needs_a_driver_and_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_import, "_NVIDIA_DRIVER", NOWHERE)
    assert not keras_import.sees_gpu()
    monkeypatch.setattr(keras_import, "_NVIDIA_DRIVER", Path("/"))
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    assert not keras_import.sees_gpu()
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [kind])
    assert keras_import.sees_gpu()


def test_weights_file_is_identified_by_its_content(
    params: EmbedParams, tmp_path: Path, built: list[str]
) -> None:
    file = tmp_path / "mine.weights.h5"
    options = {"include_top": False, "weights": None, "input_shape": (64, 32, 3)}
    from_file = params.model_copy(update={"weights": "mine.weights.h5"})
    digests = []
    for seed in (1, 1, 2):
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        keras.applications.MobileNetV2(**options).save_weights(file)
        backbone, _ = open_backbone(from_file, file, tmp_path / "networks")
        digests.append(backbone.info.weights_digest)
    assert digests[0] == digests[1] != digests[2]
    file.unlink()
    with pytest.raises(BackboneError, match=r"embed\.weights names no file"):
        open_backbone(from_file, file, tmp_path / "networks")


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_damaged_network_is_an_error_that_names_the_folder(
    params: EmbedParams, tmp_path: Path, suffix: str
) -> None:
    _, model = open_backbone(params, NOWHERE, tmp_path)
    file = model.with_suffix(suffix)
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(
        BackboneError, match=r"\.cache/networks/MobileNetV2-\w+ is damaged .*delete"
    ):
        open_backbone(params, NOWHERE, tmp_path)


def test_imagenet_weights_are_tried_again_when_they_may_be_available(
    params: EmbedParams,
    unreachable: Path,
    built: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    imagenet = params.model_copy(update={"weights": "imagenet", "if_unreachable": "random"})

    def builds_after_opening() -> int:
        capsys.readouterr()
        backbone, _ = open_backbone(imagenet, NOWHERE, tmp_path / "networks")
        assert "Going on with RANDOM weights" in capsys.readouterr().err
        assert backbone.info.weights == "random"
        return len(built)

    assert builds_after_opening() == 1
    assert builds_after_opening() == 1
    unreachable.mkdir(exist_ok=True)
    (unreachable / "some_weights.h5").write_bytes(b"put there by hand")
    assert builds_after_opening() == 2
    monkeypatch.setattr(exported_backbone, "_weights_host_answers", lambda: True)
    assert builds_after_opening() == 3
    monkeypatch.setattr(exported_backbone, "_weights_host_answers", lambda: False)
    assert builds_after_opening() == 3
    stop = imagenet.model_copy(update={"if_unreachable": "stop"})
    with pytest.raises(BackboneError, match="can't be downloaded"):
        open_backbone(stop, NOWHERE, tmp_path / "networks")


def test_bfloat16_becomes_float32_if_the_processor_lacks_it(
    params: EmbedParams, networks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_model, "has_bfloat16", lambda: False)
    bfloat16 = params.model_copy(update={"precision": "bfloat16"})
    backbone, _ = open_backbone(bfloat16, NOWHERE, networks)
    assert backbone.info.precision == "float32"
    assert backbone.info == open_backbone(params, NOWHERE, networks)[0].info


@pytest.mark.skipif(not has_bfloat16(), reason="this processor does not calculate in bfloat16")
def test_bfloat16_gives_similar_vectors_with_another_fingerprint(
    params: EmbedParams, networks: Path, pictures: list[Image.Image]
) -> None:
    bfloat16 = params.model_copy(update={"precision": "bfloat16"})
    rounded, _ = open_backbone(bfloat16, NOWHERE, networks)
    exact, _ = open_backbone(params, NOWHERE, networks)
    assert rounded.info.precision == "bfloat16"
    assert rounded.info.fingerprint != exact.info.fingerprint
    one, other = (
        backbone.embed(pictures)[:, backbone.info.features].astype(np.float64)
        for backbone in (rounded, exact)
    )
    cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert 0 < (1 - cosine).max() < 1e-3
    np.testing.assert_array_equal(rounded.embed(pictures), rounded.embed(pictures))
