"""The network is built once, and again only if something it depends on has changed."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from parts import embed_params
from PIL import Image

from posters.embedding import exported_backbone, keras_backbone
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.keras_backbone import KerasBackbone
from posters.embedding.precision import has_bfloat16
from posters.errors import BackboneError
from posters.params import EmbedParams

pytestmark = pytest.mark.slow

PARAMS = embed_params(input_size=(32, 64), precision="float32", batch_size=2)


def changed(**changes: object) -> EmbedParams:
    return PARAMS.model_copy(update=changes)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with a network of random weights."""
    folder = tmp_path_factory.mktemp("networks")
    open_backbone(PARAMS, folder)
    return folder


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameter `weights` of each network that is built."""
    weights: list[str] = []
    original = keras_backbone.load_backbone

    def load(params: EmbedParams) -> Any:
        weights.append(params.weights)
        return original(params)

    monkeypatch.setattr(keras_backbone, "load_backbone", load)
    return weights


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (5, 60, 40, 3)).astype(np.uint8)
    return [Image.fromarray(picture) for picture in pixels]


def test_only_an_unchanged_network_is_not_built_again(networks: Path, built: list[str]) -> None:
    same = changed(batch_size=None, if_unreachable="stop", engine="ray")
    backbone, model = open_backbone(same, networks)
    assert model.is_file()
    assert built == []
    other, _ = open_backbone(changed(layers=("block_3_expand_relu",)), networks)
    assert built == ["random"]
    assert backbone.info.fingerprint != other.info.fingerprint


def test_keras_runs_the_network_on_a_gpu(
    networks: Path, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    openvino, model = open_backbone(PARAMS, networks)
    monkeypatch.setattr(exported_backbone, "sees_gpu", lambda: True)
    by_keras, same_model = open_backbone(PARAMS, networks)
    assert isinstance(by_keras, KerasBackbone)
    assert same_model == model  # for predict.py
    assert by_keras.info == openvino.info
    vectors = by_keras.embed(pictures)
    np.testing.assert_allclose(vectors, openvino.embed(pictures), rtol=1e-3, atol=1e-4)


def test_weights_file_is_identified_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "mine.weights.h5"
    options = {"include_top": False, "weights": None, "input_shape": (64, 32, 3)}
    from_file = changed(weights=str(file))
    digests = []
    for seed in (1, 1, 2):
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        keras.applications.MobileNetV2(**options).save_weights(file)
        info = open_backbone(from_file, tmp_path / "networks")[0].info
        assert (info.weights, info.caveat) == ("file", None)
        digests.append(info.weights_digest)
    assert digests[0] == digests[1] != digests[2]
    random, _ = open_backbone(changed(seed=2), tmp_path / "networks")
    assert random.info.weights_digest == digests[2]


def test_damaged_network_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    _, model = open_backbone(PARAMS, tmp_path)
    model.write_bytes(model.read_bytes()[:20])
    with pytest.raises(
        BackboneError, match=r"\.cache/networks/MobileNetV2-\w+ is damaged .*delete"
    ):
        open_backbone(PARAMS, tmp_path)


@pytest.mark.usefixtures("unreachable")
def test_download_of_imagenet_weights_is_tried_again(
    built: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imagenet = changed(weights="imagenet", if_unreachable="random")
    for attempt in (1, 2):
        backbone, _ = open_backbone(imagenet, tmp_path)
        assert "Going on with RANDOM weights" in capsys.readouterr().err
        assert backbone.info.weights == "random"
        assert backbone.info.caveat == "random MobileNetV2 weights"
        assert len(built) == attempt
    with pytest.raises(BackboneError, match="can't be downloaded"):
        open_backbone(changed(weights="imagenet", if_unreachable="stop"), tmp_path)


@pytest.mark.skipif(not has_bfloat16(), reason="this processor does not calculate in bfloat16")
def test_bfloat16_gives_similar_vectors_with_another_fingerprint(
    networks: Path, pictures: list[Image.Image]
) -> None:
    rounded, _ = open_backbone(changed(precision="bfloat16"), networks)
    exact, _ = open_backbone(PARAMS, networks)
    assert rounded.info.precision == "bfloat16"
    assert rounded.info.fingerprint != exact.info.fingerprint
    one, other = (
        backbone.embed(pictures)[:, backbone.info.features].astype(np.float64)
        for backbone in (rounded, exact)
    )
    cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert 0 < (1 - cosine).max() < 1e-3
    np.testing.assert_array_equal(rounded.embed(pictures), rounded.embed(pictures))
