"""The network is built once; what is kept is used for as long as it is what is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from posters.embedding import exported_backbone as exported
from posters.embedding import keras_import
from posters.embedding import openvino_model as graphs
from posters.embedding.backbone import Backbone
from posters.embedding.exported_backbone import open_backbone
from posters.embedding.keras_backbone import KerasBackbone
from posters.embedding.openvino_model import has_bfloat16
from posters.errors import BackboneError, PosterRefused
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
def kept(params: EmbedParams, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the graph of a network of random weights."""
    folder = tmp_path_factory.mktemp("graphs")
    open_backbone(params, NOWHERE, folder)
    return folder


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which networks were built, by the weights that were asked for."""
    asked: list[str] = []
    really = exported.load_backbone

    def load(params: EmbedParams, *, weights_path: Path) -> Any:
        asked.append(params.weights)
        return really(params, weights_path=weights_path)

    monkeypatch.setattr(exported, "load_backbone", load)
    return asked


def pictures(count: int) -> list[Image.Image]:
    generator = np.random.default_rng(0)
    return [
        Image.fromarray(generator.integers(0, 256, (60, 40, 3)).astype(np.uint8))
        for _ in range(count)
    ]


def test_what_was_built_before_is_not_built_again(
    params: EmbedParams, kept: Path, built: list[str]
) -> None:
    same = params.model_copy(update={"batch_size": None, "if_unreachable": "stop", "engine": "ray"})
    backbone, graph = open_backbone(same, NOWHERE, kept)
    assert built == []
    assert graph.is_file()
    assert backbone.info.weights == "random"
    assert backbone.embed(pictures(3)).shape == (3, backbone.info.embedding_size)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"pooling": "avg"},
        {"mirrored": False},
        {"input_size": (64, 64)},
        {"layers": ("block_3_expand_relu",)},
    ],
)
def test_another_network_is_built(
    params: EmbedParams, kept: Path, built: list[str], change: dict[str, object]
) -> None:
    first, _ = open_backbone(params, NOWHERE, kept)
    other, _ = open_backbone(params.model_copy(update=change), NOWHERE, kept)
    assert built == ["random"]
    assert first.info.fingerprint != other.info.fingerprint


def test_keras_runs_the_network_where_it_has_a_gpu(
    params: EmbedParams, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_graph, graph = open_backbone(params, NOWHERE, kept)
    monkeypatch.setattr(exported, "sees_gpu", lambda: True)
    by_keras, same_graph = open_backbone(params, NOWHERE, kept)
    assert isinstance(by_keras, KerasBackbone)
    assert same_graph == graph  # predict.py goes by it on any machine
    assert by_keras.info == by_graph.info
    vectors, expected = by_keras.embed(pictures(5)), by_graph.embed(pictures(5))
    np.testing.assert_allclose(vectors, expected, rtol=1e-3, atol=1e-4)
    for number, picture in enumerate(pictures(5)):
        np.testing.assert_array_equal(by_keras.embed([picture])[0], vectors[number])


def test_no_gpu_is_seen_where_none_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_import, "_NVIDIA_DRIVER", NOWHERE)
    assert not keras_import.sees_gpu()
    # A driver alone is none either: TensorFlow decides.
    monkeypatch.setattr(keras_import, "_NVIDIA_DRIVER", Path("/"))
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    assert not keras_import.sees_gpu()
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [kind])
    assert keras_import.sees_gpu()


def test_a_weights_file_counts_by_its_content(
    params: EmbedParams, tmp_path: Path, built: list[str]
) -> None:
    file = tmp_path / "mine.weights.h5"
    options = {"include_top": False, "weights": None, "input_shape": (64, 32, 3)}
    asked = params.model_copy(update={"weights": "mine.weights.h5"})
    digests = []
    for seed in (1, 1, 2):
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        keras.applications.MobileNetV2(**options).save_weights(file)
        open_backbone(asked, file, tmp_path / "graphs")
        backbone, _ = open_backbone(asked, file, tmp_path / "graphs")
        digests.append(backbone.info.weights_digest)
    assert digests[0] == digests[1] != digests[2]
    file.unlink()
    with pytest.raises(BackboneError, match=r"embed\.weights names no file"):
        open_backbone(asked, file, tmp_path / "graphs")


def test_a_graph_without_its_description_is_made_again(
    params: EmbedParams, kept: Path, built: list[str]
) -> None:
    _, graph = open_backbone(params, NOWHERE, kept)
    for damage in ("", "{}"):
        (graph.parent / "backbone.json").write_text(damage)
        open_backbone(params, NOWHERE, kept)
    assert built == ["random", "random"]


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_damaged_graph_is_an_error_that_says_which_folder_to_delete(
    params: EmbedParams, tmp_path: Path, suffix: str
) -> None:
    _, graph = open_backbone(params, NOWHERE, tmp_path)
    file = graph.with_suffix(suffix)
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(BackboneError, match=r"\.cache/graphs/MobileNetV2-\w+ is damaged .*delete"):
        open_backbone(params, NOWHERE, tmp_path)


def test_imagenet_weights_are_tried_again_only_where_there_is_a_chance(
    params: EmbedParams,
    unreachable: Path,
    built: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = params.model_copy(update={"weights": "imagenet", "if_unreachable": "random"})

    def opened() -> str:
        capsys.readouterr()
        backbone, _ = open_backbone(asked, NOWHERE, tmp_path / "graphs")
        assert "Going on with RANDOM weights" in capsys.readouterr().err
        assert backbone.info.caveat == "random MobileNetV2 weights"
        return backbone.info.weights

    assert [opened(), opened()] == ["random", "random"]
    assert built == ["imagenet"]
    unreachable.mkdir(exist_ok=True)
    (unreachable / "some_weights.h5").write_bytes(b"put there by hand")
    opened()
    assert built == ["imagenet"] * 2
    monkeypatch.setattr(exported, "_reachable", lambda: True)
    opened()
    assert built == ["imagenet"] * 3
    monkeypatch.setattr(exported, "_reachable", lambda: False)
    opened()
    assert built == ["imagenet"] * 3
    stop = asked.model_copy(update={"if_unreachable": "stop"})
    with pytest.raises(BackboneError, match="can't be had"):
        open_backbone(stop, NOWHERE, tmp_path / "graphs")


def test_without_bfloat16_in_the_processor_it_is_float32(
    params: EmbedParams, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "has_bfloat16", lambda: False)
    asked = params.model_copy(update={"precision": "bfloat16"})
    backbone, _ = open_backbone(asked, NOWHERE, kept)
    plain, _ = open_backbone(params, NOWHERE, kept)
    assert backbone.info == plain.info
    assert backbone.info.precision == "float32"


@pytest.mark.skipif(not has_bfloat16(), reason="this processor does not calculate in bfloat16")
def test_bfloat16_gives_nearly_the_same_vectors_under_a_name_of_its_own(
    params: EmbedParams, kept: Path
) -> None:
    asked = params.model_copy(update={"precision": "bfloat16"})
    rounded, _ = open_backbone(asked, NOWHERE, kept)
    plain, _ = open_backbone(params, NOWHERE, kept)
    assert rounded.info.precision == "bfloat16"
    assert rounded.info.fingerprint != plain.info.fingerprint
    one, other = (
        backbone.embed(pictures(5))[:, backbone.info.features].astype(np.float64)
        for backbone in (rounded, plain)
    )
    cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert 0 < (1 - cosine).max() < 1e-3
    np.testing.assert_array_equal(rounded.embed(pictures(5)), rounded.embed(pictures(5)))


@pytest.fixture
def backbone(params: EmbedParams, kept: Path) -> Backbone:
    return open_backbone(params, NOWHERE, kept)[0]


def test_posters_are_read_a_little_ahead_and_no_further(backbone: Backbone) -> None:
    read = 0

    def endless() -> Iterator[Image.Image]:
        nonlocal read
        while True:
            read += 1
            yield from pictures(1)

    batches = backbone.batches(endless())
    for number in range(1, 6):
        assert next(batches).shape == (2, backbone.info.embedding_size)
        assert read <= 2 * number + 6
    batches.close()


def test_batches_come_in_the_order_of_the_posters(backbone: Backbone) -> None:
    chosen = pictures(7)
    sizes = [(40 + 300 * (number % 2), 60) for number in range(7)]  # some take longer to scale
    chosen = [picture.resize(size) for picture, size in zip(chosen, sizes, strict=True)]
    together = np.concatenate(list(backbone.batches(chosen)))
    alone = np.concatenate([backbone.embed([picture]) for picture in chosen])
    np.testing.assert_array_equal(together, alone)


def test_a_poster_that_cannot_be_read_ends_it_with_its_reason(backbone: Backbone) -> None:
    with pytest.raises(PosterRefused, match="nowhere"):
        backbone.embed([*pictures(5), NOWHERE])


def test_no_posters_are_no_rows(backbone: Backbone) -> None:
    assert backbone.embed([]).shape == (0, backbone.info.embedding_size)
